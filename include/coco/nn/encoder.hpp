// SPDX-License-Identifier: Apache-2.0
/// \file
/// A post-norm transformer encoder as RecBole and S3-Rec build it: LN(x + drop(attention(x))), then
/// LN(h + drop(feed_forward(h))), layer after layer.
#pragma once

#include <array>
#include <string>
#include <vector>

#include <coco/core/error.hpp>
#include <coco/nn/attention.hpp>
#include <coco/nn/dropout.hpp>
#include <coco/nn/feed_forward.hpp>
#include <coco/nn/norm.hpp>

namespace coco::nn {

/// Sizes and rates of an encoder.
struct EncoderConfig {
    Index width = 64, layers = 2, heads = 2, hidden = 256;
    double dropout = 0.5, attention_dropout = 0.5;
    double epsilon = 1e-12;  ///< of the layer norms
    double init = 0.02;      ///< standard deviation of the weights at the start
    Activation activation = Activation::gelu;

    /// Throws `Error` naming the setting.
    void check() const {
        require(width > 0 && layers > 0 && hidden > 0, "encoder", "sizes", "at least 1");
        require(heads > 0 && width % heads == 0, "encoder.heads", "does not divide the width",
                text_of("a divisor of ", width), text_of(heads));
        require(dropout >= 0 && dropout < 1 && attention_dropout >= 0 && attention_dropout < 1,
                "encoder.dropout", "out of range", "0 <= rate < 1");
    }
};

/// Most layers an encoder may have: what a pass keeps is an array, not a vector, so that nothing allocates.
inline constexpr Index most_layers = 16;

/// One layer.
class EncoderLayer {
public:
    template <class P>
    struct Kept {
        typename SelfAttention::Kept<P> attention;
        typename Dropout::Kept<P> dropped_attention, dropped_hidden;
        typename Norm::Kept<P> first, second;
        typename FeedForward::Kept<P> hidden;
    };

    EncoderLayer(Layout& layout, std::string_view name, const EncoderConfig& c, Sees sees) {
        const Layout::Scope scope(layout, name);
        const Init init = Init::normal(c.init);
        attention_ = SelfAttention(layout, "attention", c.width, c.heads, sees, c.attention_dropout, init);
        drop_attention_ = Dropout(layout, c.dropout);
        first_ = Norm(layout, "norm1", c.width, c.epsilon);
        hidden_ = FeedForward(layout, "feed_forward", c.width, c.hidden, c.activation, init);
        drop_hidden_ = Dropout(layout, c.dropout);
        second_ = Norm(layout, "norm2", c.width, c.epsilon);
    }

    template <class P>
    Kept<P> forward(Run<P>& run, const Segments<P>& segments, Ids<P> row_key, CRows<P> x) const {
        Kept<P> k;
        k.attention = attention_.forward(run, segments, row_key, x);
        k.dropped_attention = drop_attention_.forward(run, CRows<P>(k.attention.out), row_key);
        k.first = first_.forward(run, CRows<P>(sum(run, x, k.dropped_attention.out)));
        k.hidden = hidden_.forward(run, CRows<P>(k.first.out));
        k.dropped_hidden = drop_hidden_.forward(run, CRows<P>(k.hidden.out), row_key);
        k.second = second_.forward(run, CRows<P>(sum(run, CRows<P>(k.first.out), k.dropped_hidden.out)));
        return k;
    }

    template <class P>
    void backward(Run<P>& run, const Kept<P>& k, CRows<P> dy, Rows<P> dx) const {
        const typename Workspace<P>::Frame frame(run.work);
        const Rows<P> dsum = run.work.scratch(dy.rows, dy.cols), dbranch = run.work.scratch(dy.rows, dy.cols);
        const Rows<P> dh = run.work.scratch(dy.rows, dy.cols);
        second_.backward(run, k.second, dy, dsum);
        drop_hidden_.backward(run, k.dropped_hidden, CRows<P>(dsum), dbranch);
        hidden_.backward(run, k.hidden, CRows<P>(dbranch), dh);
        copy<P>(run.on, CRows<P>(dsum), dh, Write::add);
        first_.backward(run, k.first, CRows<P>(dh), dsum);
        drop_attention_.backward(run, k.dropped_attention, CRows<P>(dsum), dbranch);
        attention_.backward(run, k.attention, CRows<P>(dbranch), dx);
        if (!dx.empty()) copy<P>(run.on, CRows<P>(dsum), dx, Write::add);
    }

private:
    template <class P>
    static Rows<P> sum(Run<P>& run, CRows<P> a, CRows<P> b) {
        const Rows<P> out = run.work.keep(a.rows, a.cols);
        add<P>(run.on, a, b, out);
        return out;
    }

    SelfAttention attention_;
    Dropout drop_attention_, drop_hidden_;
    Norm first_, second_;
    FeedForward hidden_;
};

/// The stack of layers: rows x width -> rows x width.
class Encoder {
public:
    template <class P>
    struct Kept {
        std::array<EncoderLayer::Kept<P>, most_layers> layer;
        CRows<P> out;
    };

    Encoder() = default;
    Encoder(Layout& layout, const EncoderConfig& config, Sees sees) {
        config.check();
        require(config.layers <= most_layers, "encoder.layers", "too many", text_of("at most ", most_layers),
                text_of(config.layers));
        for (Index l = 0; l < config.layers; ++l)
            layers_.emplace_back(layout, text_of("layer", l), config, sees);
    }

    template <class P>
    Kept<P> forward(Run<P>& run, const Segments<P>& segments, Ids<P> row_key, CRows<P> x) const {
        Kept<P> kept;
        kept.out = x;
        for (std::size_t l = 0; l < layers_.size(); ++l) {
            kept.layer[l] = layers_[l].forward(run, segments, row_key, kept.out);
            kept.out = kept.layer[l].second.out;
        }
        return kept;
    }

    template <class P>
    void backward(Run<P>& run, const Kept<P>& kept, CRows<P> dy, Rows<P> dx) const {
        const typename Workspace<P>::Frame frame(run.work);
        const Rows<P> between[2] = {run.work.scratch(dy.rows, dy.cols), run.work.scratch(dy.rows, dy.cols)};
        CRows<P> d = dy;
        for (std::size_t l = layers_.size(); l-- > 0;) {
            const Rows<P> to = l == 0 ? dx : between[l % 2];
            layers_[l].backward(run, kept.layer[l], d, to);
            d = to;
        }
    }

private:
    std::vector<EncoderLayer> layers_;
};

}  // namespace coco::nn
