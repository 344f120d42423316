// SPDX-License-Identifier: Apache-2.0
/// \file
/// The encoder of T5: dropped embeddings, layers of self-attention and feed-forward under one relative
/// position bias, a final norm, dropout. Every row reads its whole segment.
#pragma once

#include <array>
#include <vector>

#include <coco/core/error.hpp>
#include <coco/nn/relative_attention.hpp>
#include <coco/nn/relative_bias.hpp>
#include <coco/seq2seq/branch.hpp>
#include <coco/seq2seq/feed_forward.hpp>

namespace coco::seq2seq {

/// The bias that a stack's layers share.
inline nn::RelativeBias relative_bias(ParameterLayout& layout, const Config& c,
                                      nn::AttentionMask attention_mask) {
    return {layout,
            "relative_bias",
            c.heads,
            {c.buckets, c.max_distance, attention_mask},
            c.attention().key(c.init)};
}

/// rows x width -> rows x width.
class Encoder {
public:
    template <class P>
    struct LayerSaved {
        typename Branch<nn::RelativeAttention>::template Saved<P> attention;
        typename Branch<FeedForward>::template Saved<P> hidden;
    };
    template <class P>
    struct Saved {
        nn::Dropout::Saved<P> input;
        nn::RelativeBias::Saved<P> bias;
        std::array<LayerSaved<P>, nn::max_layers> layer;
        nn::Norm::Saved<P> norm;
        nn::Dropout::Saved<P> output;
        CRows<P> out;
    };

    Encoder() = default;
    [[gnu::cold, gnu::noinline]] Encoder(ParameterLayout& layout, const Config& c)
        : input_(layout, c.dropout), output_(layout, c.dropout) {
        const ParameterLayout::Scope scope(layout, "encoder");
        constexpr auto mask = nn::AttentionMask::bidirectional;
        bias_ = relative_bias(layout, c, mask);
        for (Index l = 0; l < c.encoder_layers; ++l) {
            const ParameterLayout::Scope layer(layout, text_of("layer", l));
            layers_.push_back({{layout, "attention", c, c.attention(), mask, c.dropout, c.init},
                               {layout, "feed_forward", c, c}});
        }
        norm_ = nn::Norm(layout, "norm", c.width, c.epsilon, nn::NormKind::rms);
    }

    template <class P>
    Saved<P> forward(Context<P>& ctx, const Segments<P>& segments, Ids<P> row_key, CRows<P> x) const {
        Saved<P> saved;
        saved.input = input_.forward(ctx, x, row_key);
        saved.bias = bias_.forward(ctx, segments.longest);
        saved.out = saved.input.out;
        for (std::size_t l = 0; l < layers_.size(); ++l) {
            LayerSaved<P>& k = saved.layer[l];
            k.attention = layers_[l].attention.forward(ctx, row_key, saved.out, segments, row_key,
                                                       CRows<P>(saved.bias.by_distance));
            k.hidden = layers_[l].hidden.forward(ctx, row_key, k.attention.out, row_key);
            saved.out = k.hidden.out;
        }
        saved.norm = norm_.forward(ctx, saved.out);
        saved.output = output_.forward(ctx, CRows<P>(saved.norm.out), row_key);
        saved.out = saved.output.out;
        return saved;
    }

    template <class P>
    void backward(Context<P>& ctx, const Saved<P>& saved, CRows<P> dy, Rows<P> dx) const {
        if (dy.rows == 0) return;
        const typename Workspace<P>::Frame frame(ctx.work);
        const Rows<P> d = ctx.work.scratch(dy.rows, dy.cols), other = ctx.work.scratch(dy.rows, dy.cols);
        const Rows<P> bias = saved.bias.by_distance, dbias = ctx.work.scratch(bias.rows, bias.cols);
        nn::fill(ctx.on, dbias, typename P::Scalar(0));
        output_.backward(ctx, saved.output, dy, other);
        norm_.backward(ctx, saved.norm, CRows<P>(other), d);
        for (std::size_t l = layers_.size(); l-- > 0;) {
            layers_[l].hidden.backward(ctx, saved.layer[l].hidden, CRows<P>(d), other);
            layers_[l].attention.backward(ctx, saved.layer[l].attention, CRows<P>(other), d, dbias);
        }
        bias_.backward(ctx, saved.bias, CRows<P>(dbias));
        input_.backward(ctx, saved.input, CRows<P>(d), dx);
    }

private:
    struct Layer {
        Branch<nn::RelativeAttention> attention;
        Branch<FeedForward> hidden;
    };

    nn::Dropout input_, output_;
    nn::RelativeBias bias_;
    std::vector<Layer> layers_;
    nn::Norm norm_;
};

}  // namespace coco::seq2seq
