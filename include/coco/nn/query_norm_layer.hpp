// SPDX-License-Identifier: Apache-2.0
/// \file
/// The transformer layer of the original SASRec (Kang and McAuley, ICDM 2018; its PyTorch versions): only the
/// query is normalised. h = LN(x + attention(query = LN(x), key = value = x)), then
/// h + drop(feed_forward(h)), with dropout inside the feed-forward as well.
#pragma once

#include <cmath>
#include <string_view>

#include <coco/nn/encoder.hpp>

namespace coco::nn {

/// Self-attention whose queries are a map of other rows than keys and values.
class QueryAttention {
public:
    template <class P>
    struct Saved {
        Linear::Saved<P> query, key_value;  ///< rows x width, rows x 2 width
        Rows<P> mixed;                      ///< rows x width: heads side by side
        Rows<P> statistics;                 ///< rows x heads
        Linear::Saved<P> output;
        Attention<P> shape;
    };

    QueryAttention() = default;
    [[gnu::cold, gnu::noinline]] QueryAttention(ParameterLayout& layout, const EncoderConfig& c,
                                                AttentionMask attention_mask, Init init)
        : width_(c.width),
          heads_(c.heads),
          attention_mask_(attention_mask),
          dropout_(c.attention_dropout),
          site_(layout.site()) {
        const ParameterLayout::Scope scope(layout, "attention");
        query_ = Linear(layout, "query", width_, width_, init);
        key_value_ = Linear(layout, "key_value", width_, 2 * width_, init);
        output_ = Linear(layout, "output", width_, width_, init);
    }

    /// \param q, x  rows x width: of the queries; of keys and values
    template <class P>
    Saved<P> forward(Context<P>& ctx, const Segments<P>& segments, Ids<P> row_key, CRows<P> q,
                     CRows<P> x) const {
        Saved<P> saved;
        saved.query = query_.forward(ctx, q);
        saved.key_value = key_value_.forward(ctx, x);
        saved.mixed = ctx.work.keep(x.rows, width_);
        saved.statistics = ctx.work.keep(x.rows, heads_);
        saved.shape =
            self_attention(ctx, segments, row_key, width_, heads_, attention_mask_, dropout_, site_);
        const CRows<P> key_value = saved.key_value.out;
        ctx.on.attend(saved.shape,
                      {CRows<P>(saved.query.out),
                       key_value.cols_from(0, width_),
                       key_value.cols_from(width_, width_),
                       {},
                       {}},
                      saved.mixed, saved.statistics);
        saved.output = output_.forward(ctx, CRows<P>(saved.mixed));
        return saved;
    }

    /// \param dq, dx  assigned (=)
    template <class P>
    void backward(Context<P>& ctx, const Saved<P>& saved, CRows<P> dy, Rows<P> dq, Rows<P> dx) const {
        const typename Workspace<P>::Frame frame(ctx.work);
        const Rows<P> dmixed = ctx.work.scratch(dy.rows, width_), dquery = ctx.work.scratch(dy.rows, width_),
                      dkey_value = ctx.work.scratch(dy.rows, 2 * width_);
        output_.backward(ctx, saved.output, dy, dmixed);
        const CRows<P> key_value = saved.key_value.out;
        ctx.on.attend_backward(
            saved.shape,
            {CRows<P>(saved.query.out),
             key_value.cols_from(0, width_),
             key_value.cols_from(width_, width_),
             {},
             {}},
            CRows<P>(saved.mixed), CRows<P>(saved.statistics), CRows<P>(dmixed),
            {dquery, dkey_value.cols_from(0, width_), dkey_value.cols_from(width_, width_), {}, {}});
        query_.backward(ctx, saved.query, CRows<P>(dquery), dq);
        key_value_.backward(ctx, saved.key_value, CRows<P>(dkey_value), dx);
    }

private:
    Index width_ = 0, heads_ = 1;
    AttentionMask attention_mask_ = AttentionMask::causal;
    double dropout_ = 0;
    std::uint32_t site_ = 0;
    Linear query_, key_value_, output_;
};

/// One layer. Its weights start by Xavier's normal distribution (Glorot and Bengio, 2010), not by
/// `EncoderConfig::init`.
class QueryNormLayer {
public:
    template <class P>
    struct Saved {
        typename Norm::Saved<P> first, second;
        typename QueryAttention::Saved<P> attention;
        typename FeedForward::Saved<P> hidden;
        typename Dropout::Saved<P> dropped;
        CRows<P> out;
    };

    [[gnu::cold, gnu::noinline]] QueryNormLayer(ParameterLayout& layout, std::string_view name,
                                                const EncoderConfig& c, AttentionMask attention_mask) {
        const ParameterLayout::Scope scope(layout, name);
        first_ = Norm(layout, "norm1", c.width, c.epsilon);
        attention_ = QueryAttention(layout, c, attention_mask, Init::xavier_normal(c.width, c.width));
        second_ = Norm(layout, "norm2", c.width, c.epsilon);
        hidden_ = FeedForward(layout, "feed_forward", c.width, c.hidden, c.activation,
                              Init::xavier_normal(c.width, c.hidden), c.dropout);
        dropout_ = Dropout(layout, c.dropout);
    }

    template <class P>
    Saved<P> forward(Context<P>& ctx, const Segments<P>& segments, Ids<P> row_key, CRows<P> x) const {
        Saved<P> k;
        k.first = first_.forward(ctx, x);
        k.attention = attention_.forward(ctx, segments, row_key, CRows<P>(k.first.out), x);
        k.second = second_.forward(ctx, sum<P>(ctx, x, k.attention.output.out));
        k.hidden = hidden_.forward(ctx, CRows<P>(k.second.out), row_key);
        k.dropped = dropout_.forward(ctx, CRows<P>(k.hidden.out), row_key);
        k.out = sum<P>(ctx, k.second.out, k.dropped.out);
        return k;
    }

    template <class P>
    void backward(Context<P>& ctx, const Saved<P>& k, CRows<P> dy, Rows<P> dx) const {
        const typename Workspace<P>::Frame frame(ctx.work);
        const auto matrix = [&] { return ctx.work.scratch(dy.rows, dy.cols); };
        const Rows<P> dbranch = matrix(), dnorm = matrix(), dsum = matrix();
        dropout_.backward(ctx, k.dropped, dy, dbranch);
        hidden_.backward(ctx, k.hidden, CRows<P>(dbranch), dnorm);
        copy<P>(ctx.on, dy, dnorm, Write::add);
        second_.backward(ctx, k.second, CRows<P>(dnorm), dsum);
        // `dnorm` and `dbranch` become the gradients of the normalised queries and of keys and values.
        attention_.backward(ctx, k.attention, CRows<P>(dsum), dnorm, dbranch);
        first_.backward(ctx, k.first, CRows<P>(dnorm), dx);
        if (dx.empty()) return;
        copy<P>(ctx.on, CRows<P>(dbranch), dx, Write::add);
        copy<P>(ctx.on, CRows<P>(dsum), dx, Write::add);
    }

private:
    Norm first_, second_;
    QueryAttention attention_;
    FeedForward hidden_;
    Dropout dropout_;
};

}  // namespace coco::nn
