// SPDX-License-Identifier: Apache-2.0
/// \file
/// SASRec (Kang and McAuley, ICDM 2018) in two forms: that of RecBole and S3-Rec, and the original one.
#pragma once

#include <array>
#include <cmath>

#include <coco/backbone/concept.hpp>
#include <coco/core/role.hpp>
#include <coco/core/setting_list.hpp>
#include <coco/core/settings.hpp>
#include <coco/nn/embedding.hpp>
#include <coco/nn/encoder.hpp>
#include <coco/nn/query_norm_layer.hpp>
#include <coco/nn/sequence.hpp>

namespace coco::backbone {

/// What is done to the item vectors, and by which layers.
enum class SASRecForm : std::uint8_t {
    s3rec,    ///< item + position, norm, dropout; post-norm layers (S3-Rec, RecBole)
    original  ///< sqrt(width) item + position, dropout; layers that normalise the query, a last norm (Kang)
};
inline auto names_of(SASRecForm) {
    return std::array{NameOf{SASRecForm::s3rec, "s3rec"}, NameOf{SASRecForm::original, "original"}};
}

/// h_t depends only on items 1..t of its segment.
class SASRec {
public:
    using Role = role::Backbone;
    static constexpr const char* setting_name = "sasrec";
    static constexpr nn::AttentionMask attention_mask = nn::AttentionMask::causal;

    struct Config {
        nn::EncoderConfig encoder;
        Index window = 50;  ///< longest history, in items
        SASRecForm form = SASRecForm::s3rec;

        static auto settings(auto& c, auto&& visit) {
            return visit(setting("encoder", c.encoder), setting("window", c.window, at_least(1)),
                         setting("form", c.form));
        }

        Index width() const { return encoder.width; }
    };

    template <class P>
    struct Saved {
        typename nn::Norm::Saved<P> norm;  ///< the first step (s3rec) or the last (original)
        typename nn::Dropout::Saved<P> dropped;
        typename nn::Encoder::Saved<P> encoder;
        typename nn::LayerStack<nn::QueryNormLayer>::template Saved<P> original;
        CRows<P> h;  ///< rows x width, to be multiplied with item vectors
    };

    [[gnu::cold, gnu::noinline]] SASRec(ParameterLayout& layout, const Config& config) {
        check_settings(config, "sasrec");
        const ParameterLayout::Scope scope(layout, "sasrec");
        const nn::EncoderConfig& encoder = config.encoder;
        original_ = config.form == SASRecForm::original;
        position_ = layout.claim(
            "position", config.window, config.width(),
            original_ ? Init::xavier_normal(config.window, config.width()) : Init::normal(encoder.init));
        norm_ = nn::Norm(layout, "norm", config.width(), encoder.epsilon);
        dropout_ = nn::Dropout(layout, encoder.dropout);
        if (original_)
            original_layers_ = {layout, encoder, attention_mask};
        else
            encoder_ = {layout, encoder, attention_mask};
    }

    /// \param x  rows x width: the vectors of the sequence's items
    template <class P>
    Saved<P> forward(Context<P>& ctx, const Sequence<P>& sequence, CRows<P> x) const {
        Saved<P> saved;
        const Rows<P> sum = ctx.work.keep(x.rows, x.cols);
        nn::copy<P>(ctx.on, x, sum, Write::set, item_scale<P>(x.cols));
        nn::gather<P>(ctx.on, ctx.value(position_), sequence.position, sum, Write::add);
        if (original_) {
            saved.dropped = dropout_.forward(ctx, CRows<P>(sum), sequence.row_key);
            saved.original =
                original_layers_.forward(ctx, sequence.segments, sequence.row_key, saved.dropped.out);
            saved.norm = norm_.forward(ctx, saved.original.out);
            saved.h = saved.norm.out;
            return saved;
        }
        saved.norm = norm_.forward(ctx, CRows<P>(sum));
        saved.dropped = dropout_.forward(ctx, CRows<P>(saved.norm.out), sequence.row_key);
        saved.encoder = encoder_.forward(ctx, sequence.segments, sequence.row_key, saved.dropped.out);
        saved.h = saved.encoder.out;
        return saved;
    }

    template <class P>
    void backward(Context<P>& ctx, const Sequence<P>& sequence, const Saved<P>& saved, CRows<P> dh,
                  Rows<P> dx) const {
        const typename Workspace<P>::Frame frame(ctx.work);
        const Rows<P> inner = ctx.work.scratch(dh.rows, dh.cols), outer = ctx.work.scratch(dh.rows, dh.cols);
        const Rows<P> dposition = ctx.gradient(position_);
        // The position vectors need the gradient of the sum, also if dx is not computed.
        const Rows<P> dsum = dx.empty() && !dposition.empty() ? inner : dx;
        if (original_) {
            norm_.backward(ctx, saved.norm, dh, inner);
            original_layers_.backward(ctx, saved.original, CRows<P>(inner), outer);
            dropout_.backward(ctx, saved.dropped, CRows<P>(outer), dsum);
        } else {
            encoder_.backward(ctx, saved.encoder, dh, inner);
            dropout_.backward(ctx, saved.dropped, CRows<P>(inner), outer);
            norm_.backward(ctx, saved.norm, CRows<P>(outer), dsum);
        }
        if (!dposition.empty()) nn::scatter<P>(ctx.on, CRows<P>(dsum), sequence.by_position, dposition);
        if (original_ && !dx.empty())
            nn::copy<P>(ctx.on, CRows<P>(dsum), dx, Write::set, item_scale<P>(dx.cols));
    }

private:
    template <class P>
    typename P::Scalar item_scale(Index width) const {
        return original_ ? static_cast<typename P::Scalar>(std::sqrt(static_cast<double>(width))) : 1;
    }

    bool original_ = false;
    TensorRef position_;
    nn::Norm norm_;
    nn::Dropout dropout_;
    nn::Encoder encoder_;
    nn::LayerStack<nn::QueryNormLayer> original_layers_;
};

}  // namespace coco::backbone

static_assert(coco::Backbone<coco::backbone::SASRec>);
