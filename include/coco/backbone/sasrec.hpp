// SPDX-License-Identifier: Apache-2.0
/// \file
/// SASRec (Kang and McAuley, ICDM 2018) as in RecBole and S3-Rec: learned positions, a norm and dropout on
/// the sum, post-norm causal layers. Item vectors are an input and are not scaled.
#pragma once

#include <coco/backbone/concept.hpp>
#include <coco/core/role.hpp>
#include <coco/nn/embedding.hpp>
#include <coco/nn/encoder.hpp>
#include <coco/nn/sequence.hpp>

namespace coco::backbone {

/// h_t depends only on items 1..t of its segment.
class SASRec {
public:
    using Role = role::Backbone;
    static constexpr nn::AttentionMask attention_mask = nn::AttentionMask::causal;

    struct Config {
        nn::EncoderConfig encoder;
        Index window = 50;  ///< longest history, in items

        Index width() const { return encoder.width; }
    };

    template <class P>
    struct Saved {
        typename nn::Norm::Saved<P> start;
        typename nn::Dropout::Saved<P> dropped;
        typename nn::Encoder::Saved<P> encoder;
        CRows<P> h;  ///< rows x width, to be multiplied with item vectors
    };

    [[gnu::cold, gnu::noinline]] SASRec(ParameterLayout& layout, const Config& config) {
        require(config.window > 0, "sasrec.window", "out of range", "at least 1", text_of(config.window));
        const ParameterLayout::Scope scope(layout, "sasrec");
        position_ =
            layout.claim("position", config.window, config.width(), Init::normal(config.encoder.init));
        start_ = nn::Norm(layout, "norm", config.width(), config.encoder.epsilon);
        dropout_ = nn::Dropout(layout, config.encoder.dropout);
        encoder_ = nn::Encoder(layout, config.encoder, attention_mask);
    }

    /// \param x  rows x width: the vectors of the sequence's items
    template <class P>
    Saved<P> forward(Context<P>& ctx, const Sequence<P>& sequence, CRows<P> x) const {
        Saved<P> saved;
        const Rows<P> sum = ctx.work.keep(x.rows, x.cols);
        nn::copy<P>(ctx.on, x, sum);
        nn::gather<P>(ctx.on, ctx.value(position_), sequence.position, sum, Write::add);
        saved.start = start_.forward(ctx, CRows<P>(sum));
        saved.dropped = dropout_.forward(ctx, CRows<P>(saved.start.out), sequence.row_key);
        saved.encoder = encoder_.forward(ctx, sequence.segments, sequence.row_key, saved.dropped.out);
        saved.h = saved.encoder.out;
        return saved;
    }

    template <class P>
    void backward(Context<P>& ctx, const Sequence<P>& sequence, const Saved<P>& saved, CRows<P> dh,
                  Rows<P> dx) const {
        const typename Workspace<P>::Frame frame(ctx.work);
        const Rows<P> inner = ctx.work.scratch(dh.rows, dh.cols), outer = ctx.work.scratch(dh.rows, dh.cols);
        encoder_.backward(ctx, saved.encoder, dh, inner);
        dropout_.backward(ctx, saved.dropped, CRows<P>(inner), outer);
        const Rows<P> dposition = ctx.gradient(position_);
        // The position vectors need the gradient of the sum, also if dx is not computed.
        const Rows<P> dsum = dx.empty() && !dposition.empty() ? inner : dx;
        start_.backward(ctx, saved.start, CRows<P>(outer), dsum);
        if (!dposition.empty()) nn::scatter<P>(ctx.on, CRows<P>(dsum), sequence.by_position, dposition);
    }

private:
    TensorRef position_;
    nn::Norm start_;
    nn::Dropout dropout_;
    nn::Encoder encoder_;
};

}  // namespace coco::backbone

static_assert(coco::Backbone<coco::backbone::SASRec>);
