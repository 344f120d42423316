// SPDX-License-Identifier: Apache-2.0
/// \file
/// The pre-norm transformer layer (Xiong et al., ICML 2020; GPT-2): h = x + drop(attention(LN(x))), then
/// h + drop(feed_forward(LN(h))). The sum x passes from layer to layer without a norm, so that what follows
/// the last layer begins with one.
#pragma once

#include <string_view>

#include <coco/nn/encoder.hpp>

namespace coco::nn {

/// One layer, for `LayerStack`.
class PreNormLayer {
public:
    template <class P>
    struct Saved {
        typename Norm::Saved<P> first, second;
        typename SelfAttention::Saved<P> attention;
        typename FeedForward::Saved<P> hidden;
        typename Dropout::Saved<P> dropped_attention, dropped_hidden;
        CRows<P> out;
    };

    [[gnu::cold, gnu::noinline]] PreNormLayer(ParameterLayout& layout, std::string_view name,
                                              const EncoderConfig& c, AttentionMask attention_mask) {
        const ParameterLayout::Scope scope(layout, name);
        const Init init = Init::normal(c.init);
        first_ = Norm(layout, "norm1", c.width, c.epsilon);
        attention_ =
            SelfAttention(layout, "attention", c.width, c.heads, attention_mask, c.attention_dropout, init);
        drop_attention_ = Dropout(layout, c.dropout);
        second_ = Norm(layout, "norm2", c.width, c.epsilon);
        hidden_ = FeedForward(layout, "feed_forward", c.width, c.hidden, c.activation, init);
        drop_hidden_ = Dropout(layout, c.dropout);
    }

    /// \param x  rows x width
    template <class P>
    Saved<P> forward(Context<P>& ctx, const Segments<P>& segments, Ids<P> row_key, CRows<P> x) const {
        Saved<P> k;
        k.first = first_.forward(ctx, x);
        k.attention = attention_.forward(ctx, segments, row_key, CRows<P>(k.first.out));
        k.dropped_attention = drop_attention_.forward(ctx, CRows<P>(k.attention.out), row_key);
        const CRows<P> h = sum<P>(ctx, x, k.dropped_attention.out);
        k.second = second_.forward(ctx, h);
        k.hidden = hidden_.forward(ctx, CRows<P>(k.second.out));
        k.dropped_hidden = drop_hidden_.forward(ctx, CRows<P>(k.hidden.out), row_key);
        k.out = sum<P>(ctx, h, k.dropped_hidden.out);
        return k;
    }

    template <class P>
    void backward(Context<P>& ctx, const Saved<P>& k, CRows<P> dy, Rows<P> dx) const {
        const typename Workspace<P>::Frame frame(ctx.work);
        const Rows<P> dbranch = ctx.work.scratch(dy.rows, dy.cols),
                      dnorm = ctx.work.scratch(dy.rows, dy.cols), dh = ctx.work.scratch(dy.rows, dy.cols);
        drop_hidden_.backward(ctx, k.dropped_hidden, dy, dbranch);
        hidden_.backward(ctx, k.hidden, CRows<P>(dbranch), dnorm);
        second_.backward(ctx, k.second, CRows<P>(dnorm), dh);
        copy<P>(ctx.on, dy, dh, Write::add);
        drop_attention_.backward(ctx, k.dropped_attention, CRows<P>(dh), dbranch);
        attention_.backward(ctx, k.attention, CRows<P>(dbranch), dnorm);
        first_.backward(ctx, k.first, CRows<P>(dnorm), dx);
        if (!dx.empty()) copy<P>(ctx.on, CRows<P>(dh), dx, Write::add);
    }

private:
    Norm first_, second_;
    SelfAttention attention_;
    FeedForward hidden_;
    Dropout drop_attention_, drop_hidden_;
};

}  // namespace coco::nn
