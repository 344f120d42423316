// SPDX-License-Identifier: Apache-2.0
/// \file
/// BSARec (Shin et al., AAAI 2024): self-attention beside a filter of low and high frequencies. A row sees
/// later items of its segment through the filter, so that it is trained on prefixes only.
#pragma once

#include <coco/backbone/concept.hpp>
#include <coco/core/role.hpp>
#include <coco/core/setting_list.hpp>
#include <coco/core/settings.hpp>
#include <coco/nn/elementwise.hpp>
#include <coco/nn/encoder.hpp>
#include <coco/nn/frequency_filter.hpp>
#include <coco/nn/position_input.hpp>

namespace coco::backbone {

/// What a layer of BSARec has beside an encoder's.
struct BSARecMix {
    Index window = 50;
    double alpha = 0.7;  ///< share of the filter; the rest is attention's
    Index cutoff = 5;    ///< c
    nn::TransformOver over = nn::TransformOver::segment;
};

/// y = alpha LN(x + drop(filter(x))) + (1 - alpha) LN(x + drop(attention(x))), then
/// LN(y + drop(feed_forward(y))).
class BSARecLayer {
public:
    template <class P>
    struct Saved {
        nn::FrequencyFilter::Saved<P> filter;
        nn::SelfAttention::Saved<P> attention;
        nn::Dropout::Saved<P> dropped_filter, dropped_attention, dropped_hidden;
        nn::Norm::Saved<P> of_filter, of_attention, last;
        nn::FeedForward::Saved<P> hidden;
        CRows<P> out;
    };

    [[gnu::cold, gnu::noinline]] BSARecLayer(ParameterLayout& layout, std::string_view name,
                                             const nn::EncoderConfig& c, nn::AttentionMask attention_mask,
                                             const BSARecMix& mix)
        : alpha_(mix.alpha) {
        const ParameterLayout::Scope scope(layout, name);
        const Init init = Init::normal(c.init);
        filter_ = nn::FrequencyFilter(layout, "filter", mix.window, c.width, mix.cutoff, mix.over);
        drop_filter_ = nn::Dropout(layout, c.dropout);
        of_filter_ = nn::Norm(layout, "norm_filter", c.width, c.epsilon);
        attention_ = nn::SelfAttention(layout, "attention", c.width, c.heads, attention_mask,
                                       c.attention_dropout, init);
        drop_attention_ = nn::Dropout(layout, c.dropout);
        of_attention_ = nn::Norm(layout, "norm_attention", c.width, c.epsilon);
        hidden_ = nn::FeedForward(layout, "feed_forward", c.width, c.hidden, c.activation, init);
        drop_hidden_ = nn::Dropout(layout, c.dropout);
        last_ = nn::Norm(layout, "norm", c.width, c.epsilon);
    }

    template <class P>
    Saved<P> forward(Context<P>& ctx, const Segments<P>& segments, Ids<P> row_key, CRows<P> x) const {
        using T = typename P::Scalar;
        Saved<P> k;
        k.filter = filter_.forward(ctx, segments, x);
        k.dropped_filter = drop_filter_.forward(ctx, CRows<P>(k.filter.out), row_key);
        k.of_filter = of_filter_.forward(ctx, nn::sum<P>(ctx, x, k.dropped_filter.out));
        k.attention = attention_.forward(ctx, segments, row_key, x);
        k.dropped_attention = drop_attention_.forward(ctx, CRows<P>(k.attention.out), row_key);
        k.of_attention = of_attention_.forward(ctx, nn::sum<P>(ctx, x, k.dropped_attention.out));
        const Rows<P> y = ctx.work.keep(x.rows, x.cols);
        nn::copy<P>(ctx.on, CRows<P>(k.of_filter.out), y, Write::set, static_cast<T>(alpha_));
        nn::copy<P>(ctx.on, CRows<P>(k.of_attention.out), y, Write::add, static_cast<T>(1 - alpha_));
        k.hidden = hidden_.forward(ctx, CRows<P>(y));
        k.dropped_hidden = drop_hidden_.forward(ctx, CRows<P>(k.hidden.out), row_key);
        k.last = last_.forward(ctx, nn::sum<P>(ctx, CRows<P>(y), k.dropped_hidden.out));
        k.out = k.last.out;
        return k;
    }

    template <class P>
    void backward(Context<P>& ctx, const Saved<P>& k, CRows<P> dout, Rows<P> dx) const {
        using T = typename P::Scalar;
        const typename Workspace<P>::Frame frame(ctx.work);
        const Rows<P> dsum = ctx.work.scratch(dout.rows, dout.cols),
                      dbranch = ctx.work.scratch(dout.rows, dout.cols),
                      dy = ctx.work.scratch(dout.rows, dout.cols);
        last_.backward(ctx, k.last, dout, dsum);
        drop_hidden_.backward(ctx, k.dropped_hidden, CRows<P>(dsum), dbranch);
        hidden_.backward(ctx, k.hidden, CRows<P>(dbranch), dy);
        nn::copy<P>(ctx.on, CRows<P>(dsum), dy, Write::add);
        // dy becomes the gradient of one share, then of the other.
        const Rows<P> dpart = ctx.work.scratch(dout.rows, dout.cols);
        nn::copy<P>(ctx.on, CRows<P>(dy), dpart, Write::set, static_cast<T>(1 - alpha_));
        of_attention_.backward(ctx, k.of_attention, CRows<P>(dpart), dsum);
        drop_attention_.backward(ctx, k.dropped_attention, CRows<P>(dsum), dbranch);
        attention_.backward(ctx, k.attention, CRows<P>(dbranch), dx);
        if (!dx.empty()) nn::copy<P>(ctx.on, CRows<P>(dsum), dx, Write::add);
        nn::copy<P>(ctx.on, CRows<P>(dy), dpart, Write::set, static_cast<T>(alpha_));
        of_filter_.backward(ctx, k.of_filter, CRows<P>(dpart), dsum);
        drop_filter_.backward(ctx, k.dropped_filter, CRows<P>(dsum), dbranch);
        filter_.backward(ctx, k.filter, CRows<P>(dbranch), dx.empty() ? dx : dpart);
        if (dx.empty()) return;
        nn::copy<P>(ctx.on, CRows<P>(dsum), dx, Write::add);
        nn::copy<P>(ctx.on, CRows<P>(dpart), dx, Write::add);
    }

private:
    double alpha_;
    nn::FrequencyFilter filter_;
    nn::SelfAttention attention_;
    nn::Dropout drop_filter_, drop_attention_, drop_hidden_;
    nn::Norm of_filter_, of_attention_, last_;
    nn::FeedForward hidden_;
};

/// Attention is causal; h_t depends on all items of its segment all the same.
class BSARec {
public:
    using Role = role::Backbone;
    static constexpr const char* setting_name = "bsarec";
    static constexpr nn::AttentionMask attention_mask = nn::AttentionMask::bidirectional;

    struct Config {
        nn::EncoderConfig encoder;
        Index window = 50;   ///< longest history, in items
        double alpha = 0.7;  ///< share of the filter, in [0, 1]; the rest is attention's
        Index cutoff = 5;    ///< the lowest cutoff / 2 + 1 coefficients of a history are its low frequencies
        nn::TransformOver over = nn::TransformOver::segment;

        static auto settings(auto& c, auto&& visit) {
            return visit(setting("encoder", c.encoder), setting("window", c.window, at_least(1)),
                         setting("alpha", c.alpha, between(0, 1)), setting("cutoff", c.cutoff, at_least(0)),
                         setting("over", c.over));
        }

        Index width() const { return encoder.width; }
    };

    template <class P>
    struct Saved {
        nn::PositionInput::Saved<P> input;
        nn::LayerStack<BSARecLayer>::Saved<P> layers;
        CRows<P> h;  ///< rows x width, to be multiplied with item vectors
    };

    [[gnu::cold, gnu::noinline]] BSARec(ParameterLayout& layout, const Config& config) {
        check_settings(config, "bsarec");
        const ParameterLayout::Scope scope(layout, "bsarec");
        const nn::EncoderConfig& e = config.encoder;
        input_ = {layout, config.window, e.width, Init::normal(e.init), e.epsilon, e.dropout};
        layers_ = {layout, e, nn::AttentionMask::causal,
                   BSARecMix{config.window, config.alpha, config.cutoff, config.over}};
    }

    /// \param x  rows x width: the vectors of the sequence's items
    template <class P>
    Saved<P> forward(Context<P>& ctx, const Sequence<P>& sequence, CRows<P> x) const {
        Saved<P> saved;
        saved.input = input_.forward(ctx, sequence, x);
        saved.layers = layers_.forward(ctx, sequence.segments, sequence.row_key, saved.input.out);
        saved.h = saved.layers.out;
        return saved;
    }

    template <class P>
    void backward(Context<P>& ctx, const Sequence<P>& sequence, const Saved<P>& saved, CRows<P> dh,
                  Rows<P> dx) const {
        const typename Workspace<P>::Frame frame(ctx.work);
        const Rows<P> d = ctx.work.scratch(dh.rows, dh.cols);
        layers_.backward(ctx, saved.layers, dh, d);
        input_.backward(ctx, sequence, saved.input, CRows<P>(d), dx);
    }

private:
    nn::PositionInput input_;
    nn::LayerStack<BSARecLayer> layers_;
};

}  // namespace coco::backbone

static_assert(coco::Backbone<coco::backbone::BSARec>);
