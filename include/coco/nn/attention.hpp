// SPDX-License-Identifier: Apache-2.0
/// \file
/// Multi-head self-attention over ragged segments (Vaswani et al., 2017): one product computes queries, keys
/// and values of all heads, the policy's `attend` follows, and a second product mixes the heads.
#pragma once

#include <cmath>
#include <string_view>

#include <coco/nn/linear.hpp>

namespace coco::nn {

/// Which rows of its segment a row attends to: itself and earlier ones, or all.
enum class AttentionMask : bool { causal, bidirectional };

/// How the rows of each segment attend to one another: sizes, scale, mask and dropout of self-attention.
/// \param width    columns of all heads together    \param dropout  rate on the probabilities, while training
/// \param site     of the dropout
template <class P>
Attention<P> self_attention(const Context<P>& ctx, const Segments<P>& segments, Ids<P> row_key, Index width,
                            Index heads, AttentionMask attention_mask, double dropout, std::uint32_t site) {
    Attention<P> shape;
    shape.queries = shape.keys = segments;
    shape.heads = shape.kv_heads = heads;
    shape.scale = static_cast<typename P::Scalar>(1 / std::sqrt(static_cast<double>(width / heads)));
    shape.causal = attention_mask == AttentionMask::causal;
    shape.dropout = ctx.training ? dropout : 0;
    shape.key = {ctx.seed, ctx.step, site};
    shape.row_key = row_key;
    return shape;
}

/// rows x width -> rows x width; a row attends to rows of its own segment only.
class SelfAttention {
public:
    template <class P>
    struct Saved {
        Linear::Saved<P> qkv;  ///< rows x 3 width
        Rows<P> mixed;         ///< rows x width: heads side by side
        Rows<P> statistics;    ///< rows x heads
        Linear::Saved<P> output;
        Attention<P> shape;
        Rows<P> out;
    };

    SelfAttention() = default;
    /// \param heads    divides width
    /// \param dropout  rate on the attention probabilities
    [[gnu::cold, gnu::noinline]] SelfAttention(ParameterLayout& layout, std::string_view name, Index width,
                                               Index heads, AttentionMask attention_mask, double dropout,
                                               Init init)
        : width_(width),
          heads_(heads),
          attention_mask_(attention_mask),
          dropout_(dropout),
          site_(layout.site()) {
        const ParameterLayout::Scope scope(layout, name);
        qkv_ = Linear(layout, "qkv", width, 3 * width, init);
        output_ = Linear(layout, "output", width, width, init);
    }

    /// The same layer, with the same weights, under another mask.
    SelfAttention with(AttentionMask attention_mask) const {
        SelfAttention other = *this;
        other.attention_mask_ = attention_mask;
        return other;
    }

    template <class P>
    Saved<P> forward(Context<P>& ctx, const Segments<P>& segments, Ids<P> row_key, CRows<P> x) const {
        Saved<P> saved;
        saved.qkv = qkv_.forward(ctx, x);
        saved.mixed = ctx.work.keep(x.rows, width_);
        saved.statistics = ctx.work.keep(x.rows, heads_);
        saved.shape =
            self_attention(ctx, segments, row_key, width_, heads_, attention_mask_, dropout_, site_);
        const CRows<P> qkv = saved.qkv.out;
        ctx.on.attend(saved.shape, {part<P>(qkv, 0), part<P>(qkv, 1), part<P>(qkv, 2), {}, {}}, saved.mixed,
                      saved.statistics);
        saved.output = output_.forward(ctx, CRows<P>(saved.mixed));
        saved.out = saved.output.out;
        return saved;
    }

    template <class P>
    void backward(Context<P>& ctx, const Saved<P>& saved, CRows<P> dy, Rows<P> dx) const {
        const typename Workspace<P>::Frame frame(ctx.work);
        const Rows<P> dmixed = ctx.work.scratch(dy.rows, width_),
                      dqkv = ctx.work.scratch(dy.rows, 3 * width_);
        output_.backward(ctx, saved.output, dy, dmixed);
        const CRows<P> qkv = saved.qkv.out;
        ctx.on.attend_backward(saved.shape, {part<P>(qkv, 0), part<P>(qkv, 1), part<P>(qkv, 2), {}, {}},
                               CRows<P>(saved.mixed), CRows<P>(saved.statistics), CRows<P>(dmixed),
                               {dqkv.cols_from(0, width_),
                                dqkv.cols_from(width_, width_),
                                dqkv.cols_from(2 * width_, width_),
                                {},
                                {}});
        qkv_.backward(ctx, saved.qkv, CRows<P>(dqkv), dx);
    }

private:
    template <class P>
    CRows<P> part(CRows<P> qkv, Index k) const {
        return qkv.cols_from(k * width_, width_);
    }

    Index width_ = 0, heads_ = 1;
    AttentionMask attention_mask_ = AttentionMask::causal;
    double dropout_ = 0;
    std::uint32_t site_ = 0;
    Linear qkv_, output_;
};

}  // namespace coco::nn
