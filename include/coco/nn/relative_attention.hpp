// SPDX-License-Identifier: Apache-2.0
/// \file
/// Self-attention as T5 has it (Raffel et al., JMLR 2020): scores are not divided by the root of the head's
/// width but have a bias of distance; heads of any width; no biases in the maps.
#pragma once

#include <algorithm>
#include <cmath>
#include <span>
#include <string_view>

#include <coco/nn/attention.hpp>
#include <coco/nn/biased_attention.hpp>
#include <coco/nn/linear.hpp>
#include <coco/nn/relative_bias.hpp>

namespace coco::nn {

/// Sizes of an attention whose heads do not share out the width.
struct AttentionSizes {
    Index width = 128, heads = 6, head = 64;

    Index inner() const { return heads * head; }
    /// Deviations of T5's initial weights: products of queries and keys are not divided by anything, so
    /// queries start smaller by the root of the head's width.
    Init query(double factor) const {
        return Init::normal(factor / std::sqrt(static_cast<double>(width * head)));
    }
    Init key(double factor) const { return Init::normal(factor / std::sqrt(static_cast<double>(width))); }
    Init output(double factor) const {
        return Init::normal(factor / std::sqrt(static_cast<double>(inner())));
    }
};

/// rows x width -> rows x width; a row attends to rows of its own segment only.
class RelativeAttention {
public:
    template <class P>
    struct Saved {
        Linear::Saved<P> query, key_value;  ///< rows x inner, rows x 2 inner
        BiasedKeys keys;
        Rows<P> probability;  ///< (rows * heads) x longest
        Rows<P> mixed;        ///< rows x inner
        Linear::Saved<P> output;
        Rows<P> out;
    };

    RelativeAttention() = default;
    /// \param dropout  rate on the attention probabilities    \param factor  multiplies T5's initial weights
    [[gnu::cold, gnu::noinline]] RelativeAttention(ParameterLayout& layout, std::string_view name,
                                                   const AttentionSizes& sizes, AttentionMask attention_mask,
                                                   double dropout, double factor)
        : sizes_(sizes), attention_mask_(attention_mask), dropout_(dropout), site_(layout.site()) {
        const ParameterLayout::Scope scope(layout, name);
        query_ = Linear(layout, "query", sizes.width, sizes.inner(), sizes.query(factor), Bias::no);
        key_value_ = Linear(layout, "key_value", sizes.width, 2 * sizes.inner(), sizes.key(factor), Bias::no);
        output_ = Linear(layout, "output", sizes.inner(), sizes.width, sizes.output(factor), Bias::no);
    }

    const Linear& key_value() const { return key_value_; }

    /// \param by_distance  heads x (2 reach - 1), reach at least the longest segment
    template <class P>
    Saved<P> forward(Context<P>& ctx, const Segments<P>& segments, Ids<P> row_key, CRows<P> by_distance,
                     CRows<P> x) const {
        Saved<P> saved;
        saved.key_value = key_value_.forward(ctx, x);
        attend(ctx, segments, segments, row_key, by_distance, x, CRows<P>(saved.key_value.out), saved);
        return saved;
    }

    /// Rows that continue segments whose keys and values are known.
    /// \param queries, keys  the last rows of each segment of keys are its queries    \param key_value  all
    /// keys and
    ///                       values side by side, of `queries` as well
    template <class P>
    Rows<P> extend(Context<P>& ctx, const Segments<P>& queries, const Segments<P>& keys, CRows<P> by_distance,
                   CRows<P> x, CRows<P> key_value) const {
        Saved<P> saved;
        attend(ctx, queries, keys, Ids<P>{}, by_distance, x, key_value, saved);
        return saved.out;
    }

    /// \param dby_distance  += : the layers of a stack share the bias; empty where it is not computed
    template <class P>
    void backward(Context<P>& ctx, const Saved<P>& saved, CRows<P> dy, Rows<P> dx,
                  Rows<P> dby_distance) const {
        using T = typename P::Scalar;
        if (dy.rows == 0) return;
        const typename Workspace<P>::Frame frame(ctx.work);
        const Index rows = dy.rows, inner = sizes_.inner(), heads = sizes_.heads, head = sizes_.head;
        const BiasedKeys& keys = saved.keys;
        const Rows<P> dmixed = ctx.work.scratch(rows, inner), dq = ctx.work.scratch(rows, inner),
                      dkv = ctx.work.scratch(rows, 2 * inner),
                      dscore = ctx.work.scratch(rows * heads, keys.longest);
        output_.backward(ctx, saved.output, dy, dmixed);
        const CRows<P> kv = saved.key_value.out, q = saved.query.out;
        const T keep = kept(ctx);
        ctx.on.for_each_row(
            rows * heads, row_width(keys),
            BiasedAttentionQueryRows<T>{keys, kv.data, kv.data + inner, kv.stride, saved.probability.data,
                                        saved.mixed.data, dmixed.data, dscore.data, dq.data, head, keep});
        ctx.on.for_each_row(
            rows * heads, row_width(keys),
            BiasedAttentionKeyRows<T>{keys, q.data, q.stride, saved.probability.data, dscore.data,
                                      dmixed.data, dkv.data, dkv.data + inner, dkv.stride, head, keep});
        for (Index h = 0; h < heads && !dby_distance.empty(); ++h)
            ctx.on.reduce(rows, dby_distance.rows_from(h, 1), BiasTerm<T>{keys, dscore.data, h});
        const Rows<P> more = dx.empty() ? dx : ctx.work.scratch(rows, sizes_.width);
        query_.backward(ctx, saved.query, CRows<P>(dq), dx);
        key_value_.backward(ctx, saved.key_value, CRows<P>(dkv), more);
        if (!dx.empty()) copy<P>(ctx.on, CRows<P>(more), dx, Write::add);
    }

private:
    /// Of a row kernel: what it holds, not all that it reads, so that on a device a warp has a row and head,
    /// not a block, whose threads would wait for each other at every key.
    Index row_width(const BiasedKeys& keys) const { return 2 * sizes_.head + keys.longest; }

    template <class P>
    typename P::Scalar kept(const Context<P>& ctx) const {
        return static_cast<typename P::Scalar>(ctx.training ? 1 / (1 - dropout_) : 1);
    }

    template <class P>
    void attend(Context<P>& ctx, const Segments<P>& queries, const Segments<P>& segments, Ids<P> row_key,
                CRows<P> by_distance, CRows<P> x, CRows<P> kv, Saved<P>& saved) const {
        using T = typename P::Scalar;
        const Index inner = sizes_.inner(), heads = sizes_.heads, head = sizes_.head;
        saved.query = query_.forward(ctx, x);
        const std::span<Id> segment = ctx.work.template numbers<Id>(x.rows);
        for (Index s = 0; s < queries.count(); ++s)
            std::fill(segment.begin() + queries.begin(s), segment.begin() + queries.end(s),
                      static_cast<Id>(s));
        saved.keys = {ctx.on.upload(std::span<const Id>(segment), ctx.work).data,
                      queries.offsets.data,
                      queries.offsets.data + 1,
                      segments.offsets.data,
                      segments.ends.empty() ? segments.offsets.data + 1 : segments.ends.data,
                      heads,
                      (by_distance.cols + 1) / 2,
                      segments.longest,
                      attention_mask_ == AttentionMask::causal};
        saved.probability = ctx.work.keep(x.rows * heads, segments.longest);
        saved.mixed = ctx.work.keep(x.rows, inner);
        const CRows<P> q = saved.query.out;
        ctx.on.for_each_row(
            x.rows * heads, row_width(saved.keys),
            BiasedAttentionRows<T>{saved.keys, q.data, kv.data, kv.data + inner, q.stride, kv.stride,
                                   by_distance.data, saved.probability.data, saved.mixed.data, head,
                                   DropoutKey{ctx.seed, ctx.step, site_}, row_key.data,
                                   ctx.training ? DropoutKey::threshold(dropout_) : 0, kept(ctx)});
        saved.output = output_.forward(ctx, CRows<P>(saved.mixed));
        saved.out = saved.output.out;
    }

    AttentionSizes sizes_;
    AttentionMask attention_mask_ = AttentionMask::bidirectional;
    double dropout_ = 0;
    std::uint32_t site_ = 0;
    Linear query_, key_value_, output_;
};

}  // namespace coco::nn
