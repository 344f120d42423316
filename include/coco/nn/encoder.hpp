// SPDX-License-Identifier: Apache-2.0
/// \file
/// A stack of transformer layers, and the post-norm layer of RecBole and S3-Rec:
/// h = LN(x + drop(attention(x))), then LN(h + drop(feed_forward(h))).
#pragma once

#include <array>
#include <string>
#include <vector>

#include <coco/core/error.hpp>
#include <coco/core/setting_list.hpp>
#include <coco/core/settings.hpp>
#include <coco/nn/attention.hpp>
#include <coco/nn/dropout.hpp>
#include <coco/nn/elementwise.hpp>
#include <coco/nn/feed_forward.hpp>
#include <coco/nn/norm.hpp>

namespace coco::nn {

/// Maximum number of layers: `Encoder::Saved` holds an array, not a vector, so that a pass allocates nothing.
inline constexpr Index max_layers = 16;

/// Sizes and rates of an encoder.
struct EncoderConfig {
    Index width = 64, layers = 2, heads = 2, hidden = 256;
    double dropout = 0.5, attention_dropout = 0.5;
    double epsilon = 1e-12;  ///< of the layer norms
    double init = 0.02;      ///< standard deviation of the initial weights
    Activation activation = Activation::gelu;

    static auto settings(auto& c, auto&& visit) {
        return visit(setting("width", c.width, at_least(1)),
                     setting("layers", c.layers, between(1, max_layers)),
                     setting("heads", c.heads, at_least(1)), setting("hidden", c.hidden, at_least(1)),
                     setting("dropout", c.dropout, below(0, 1)),
                     setting("attention_dropout", c.attention_dropout, below(0, 1)),
                     setting("epsilon", c.epsilon, above(0, 1)), setting("init", c.init, between(0, 100)),
                     setting("activation", c.activation));
    }

    /// Throws `Error`, which names the setting, if one is out of range.
    void check() const {
        check_settings(*this, "encoder");
        require(width % heads == 0, "encoder.heads", "does not divide the width",
                text_of("a divisor of ", width), text_of(heads));
    }
};

/// One layer.
class EncoderLayer {
public:
    template <class P>
    struct Saved {
        typename SelfAttention::Saved<P> attention;
        typename Dropout::Saved<P> dropped_attention, dropped_hidden;
        typename Norm::Saved<P> first, second;
        typename FeedForward::Saved<P> hidden;
        CRows<P> out;
    };

    [[gnu::cold, gnu::noinline]] EncoderLayer(ParameterLayout& layout, std::string_view name,
                                              const EncoderConfig& c, AttentionMask attention_mask) {
        const ParameterLayout::Scope scope(layout, name);
        const Init init = Init::normal(c.init);
        attention_ =
            SelfAttention(layout, "attention", c.width, c.heads, attention_mask, c.attention_dropout, init);
        drop_attention_ = Dropout(layout, c.dropout);
        first_ = Norm(layout, "norm1", c.width, c.epsilon);
        hidden_ = FeedForward(layout, "feed_forward", c.width, c.hidden, c.activation, init);
        drop_hidden_ = Dropout(layout, c.dropout);
        second_ = Norm(layout, "norm2", c.width, c.epsilon);
    }

    /// The same layer, with the same weights, under another mask.
    EncoderLayer with(AttentionMask attention_mask) const {
        EncoderLayer other = *this;
        other.attention_ = attention_.with(attention_mask);
        return other;
    }

    template <class P>
    Saved<P> forward(Context<P>& ctx, const Segments<P>& segments, Ids<P> row_key, CRows<P> x) const {
        Saved<P> k;
        k.attention = attention_.forward(ctx, segments, row_key, x);
        k.dropped_attention = drop_attention_.forward(ctx, CRows<P>(k.attention.out), row_key);
        k.first = first_.forward(ctx, sum<P>(ctx, x, k.dropped_attention.out));
        k.hidden = hidden_.forward(ctx, CRows<P>(k.first.out));
        k.dropped_hidden = drop_hidden_.forward(ctx, CRows<P>(k.hidden.out), row_key);
        k.second = second_.forward(ctx, sum<P>(ctx, k.first.out, k.dropped_hidden.out));
        k.out = k.second.out;
        return k;
    }

    template <class P>
    void backward(Context<P>& ctx, const Saved<P>& k, CRows<P> dy, Rows<P> dx) const {
        const typename Workspace<P>::Frame frame(ctx.work);
        const Rows<P> dsum = ctx.work.scratch(dy.rows, dy.cols), dbranch = ctx.work.scratch(dy.rows, dy.cols);
        const Rows<P> dh = ctx.work.scratch(dy.rows, dy.cols);
        second_.backward(ctx, k.second, dy, dsum);
        drop_hidden_.backward(ctx, k.dropped_hidden, CRows<P>(dsum), dbranch);
        hidden_.backward(ctx, k.hidden, CRows<P>(dbranch), dh);
        copy<P>(ctx.on, CRows<P>(dsum), dh, Write::add);
        first_.backward(ctx, k.first, CRows<P>(dh), dsum);
        drop_attention_.backward(ctx, k.dropped_attention, CRows<P>(dsum), dbranch);
        attention_.backward(ctx, k.attention, CRows<P>(dbranch), dx);
        if (!dx.empty()) copy<P>(ctx.on, CRows<P>(dsum), dx, Write::add);
    }

private:
    SelfAttention attention_;
    Dropout drop_attention_, drop_hidden_;
    Norm first_, second_;
    FeedForward hidden_;
};

/// A stack of layers: rows x width -> rows x width.
/// \tparam Layer  constructed from (layout, name, EncoderConfig, AttentionMask), and what else the stack is
/// given; its `Saved` has `out`
template <class Layer>
class LayerStack {
public:
    template <class P>
    struct Saved {
        std::array<typename Layer::template Saved<P>, max_layers> layer;
        CRows<P> out;
    };

    LayerStack() = default;
    template <class... More>
    LayerStack(ParameterLayout& layout, const EncoderConfig& config, AttentionMask attention_mask,
               const More&... more) {
        config.check();
        for (Index l = 0; l < config.layers; ++l)
            layers_.emplace_back(layout, text_of("layer", l), config, attention_mask, more...);
    }

    /// The same layers, with the same weights, under another mask: weights are read through a context, so
    /// that both may be used in turn.
    LayerStack with(AttentionMask attention_mask) const {
        LayerStack other;
        for (const Layer& layer : layers_) other.layers_.push_back(layer.with(attention_mask));
        return other;
    }

    template <class P>
    Saved<P> forward(Context<P>& ctx, const Segments<P>& segments, Ids<P> row_key, CRows<P> x) const {
        Saved<P> saved;
        saved.out = x;
        for (std::size_t l = 0; l < layers_.size(); ++l) {
            saved.layer[l] = layers_[l].forward(ctx, segments, row_key, saved.out);
            saved.out = saved.layer[l].out;
        }
        return saved;
    }

    template <class P>
    void backward(Context<P>& ctx, const Saved<P>& saved, CRows<P> dy, Rows<P> dx) const {
        const typename Workspace<P>::Frame frame(ctx.work);
        const Rows<P> between[2] = {ctx.work.scratch(dy.rows, dy.cols), ctx.work.scratch(dy.rows, dy.cols)};
        CRows<P> d = dy;
        for (std::size_t l = layers_.size(); l-- > 0;) {
            const Rows<P> to = l == 0 ? dx : between[l % 2];
            layers_[l].backward(ctx, saved.layer[l], d, to);
            d = to;
        }
    }

private:
    std::vector<Layer> layers_;
};

/// Post-norm layers.
using Encoder = LayerStack<EncoderLayer>;

}  // namespace coco::nn
