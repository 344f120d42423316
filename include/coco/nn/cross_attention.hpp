// SPDX-License-Identifier: Apache-2.0
/// \file
/// Attention of the rows of a target to those of its source, as T5 has it: scores are not divided and have no
/// bias, heads of any width, no biases in the maps.
#pragma once

#include <string_view>

#include <coco/nn/linear.hpp>
#include <coco/nn/relative_attention.hpp>

namespace coco::nn {

/// rows x width, memory x width -> rows x width; rows of segment s attend to all of segment s of the memory.
class CrossAttention {
public:
    template <class P>
    struct Saved {
        Linear::Saved<P> query, key_value;  ///< rows x inner, memory x 2 inner
        Attention<P> shape;
        Rows<P> mixed, statistics;
        Linear::Saved<P> output;
        Rows<P> out;
    };

    CrossAttention() = default;
    /// \param dropout  rate on the attention probabilities    \param factor  multiplies T5's initial weights
    [[gnu::cold, gnu::noinline]] CrossAttention(ParameterLayout& layout, std::string_view name,
                                                const AttentionSizes& sizes, double dropout, double factor)
        : sizes_(sizes), dropout_(dropout), site_(layout.site()) {
        const ParameterLayout::Scope scope(layout, name);
        query_ = Linear(layout, "query", sizes.width, sizes.inner(), sizes.query(factor), Bias::no);
        key_value_ = Linear(layout, "key_value", sizes.width, 2 * sizes.inner(), sizes.key(factor), Bias::no);
        output_ = Linear(layout, "output", sizes.inner(), sizes.width, sizes.output(factor), Bias::no);
    }

    /// Keys and values of the memory, side by side; the same for all rows that will attend to it.
    template <class P>
    Linear::Saved<P> prepare(Context<P>& ctx, CRows<P> memory) const {
        return key_value_.forward(ctx, memory);
    }

    /// \param key_value  what `prepare` gave    \param of, memory_of  equally many segments
    template <class P>
    Saved<P> forward(Context<P>& ctx, const Segments<P>& of, Ids<P> row_key,
                     const Linear::Saved<P>& key_value, const Segments<P>& memory_of, CRows<P> x) const {
        Saved<P> saved;
        saved.query = query_.forward(ctx, x);
        saved.key_value = key_value;
        saved.shape.queries = of;
        saved.shape.keys = memory_of;
        saved.shape.heads = saved.shape.kv_heads = sizes_.heads;
        saved.shape.dropout = ctx.training ? dropout_ : 0;
        saved.shape.key = {ctx.seed, ctx.step, site_};
        saved.shape.row_key = row_key;
        saved.mixed = ctx.work.keep(x.rows, sizes_.inner());
        saved.statistics = ctx.work.keep(x.rows, sizes_.heads);
        ctx.on.attend(saved.shape, rows(saved), saved.mixed, saved.statistics);
        saved.output = output_.forward(ctx, CRows<P>(saved.mixed));
        saved.out = saved.output.out;
        return saved;
    }

    /// \param dx, dmemory  assigned (=); either may be empty
    template <class P>
    void backward(Context<P>& ctx, const Saved<P>& saved, CRows<P> dy, Rows<P> dx, Rows<P> dmemory) const {
        const typename Workspace<P>::Frame frame(ctx.work);
        const Index inner = sizes_.inner();
        const Rows<P> dmixed = ctx.work.scratch(dy.rows, inner), dq = ctx.work.scratch(dy.rows, inner),
                      dkv = ctx.work.scratch(saved.key_value.out.rows, 2 * inner);
        output_.backward(ctx, saved.output, dy, dmixed);
        ctx.on.attend_backward(saved.shape, rows(saved), CRows<P>(saved.mixed), CRows<P>(saved.statistics),
                               CRows<P>(dmixed),
                               {dq, dkv.cols_from(0, inner), dkv.cols_from(inner, inner), {}, {}});
        query_.backward(ctx, saved.query, CRows<P>(dq), dx);
        key_value_.backward(ctx, saved.key_value, CRows<P>(dkv), dmemory);
    }

private:
    template <class P>
    AttentionRows<P> rows(const Saved<P>& saved) const {
        const CRows<P> kv = saved.key_value.out;
        const Index inner = sizes_.inner();
        return {CRows<P>(saved.query.out), kv.cols_from(0, inner), kv.cols_from(inner, inner), {}, {}};
    }

    AttentionSizes sizes_;
    double dropout_ = 0;
    std::uint32_t site_ = 0;
    Linear query_, key_value_, output_;
};

}  // namespace coco::nn
