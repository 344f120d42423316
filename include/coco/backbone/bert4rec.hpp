// SPDX-License-Identifier: Apache-2.0
/// \file
/// BERT4Rec (Sun et al., CIKM 2019): attention in both directions over histories in which items are masked. A
/// history is continued by a masked row behind it. The projection before the scores is
/// h = LN(gelu(x W' + b)); the paper's bias of each item is left out, so that scores are products alone.
#pragma once

#include <coco/backbone/concept.hpp>
#include <coco/core/role.hpp>
#include <coco/core/setting_list.hpp>
#include <coco/core/settings.hpp>
#include <coco/nn/activated_linear.hpp>
#include <coco/nn/encoder.hpp>
#include <coco/nn/position_input.hpp>

namespace coco::backbone {

/// h_t depends on all items of its segment. Rows without an item (`no_id`) are masked: they have a vector of
/// their own, which is in no ranking.
class BERT4Rec {
public:
    using Role = role::Backbone;
    static constexpr const char* setting_name = "bert4rec";
    static constexpr nn::AttentionMask attention_mask = nn::AttentionMask::bidirectional;

    struct Config {
        nn::EncoderConfig encoder;
        Index window = 50;  ///< longest history, in rows: its items and the masked row behind them

        static auto settings(auto& c, auto&& visit) {
            return visit(setting("encoder", c.encoder), setting("window", c.window, at_least(2)));
        }

        Index width() const { return encoder.width; }
    };

    template <class P>
    struct Saved {
        nn::PositionInput::Saved<P> input;
        nn::Encoder::Saved<P> encoder;
        nn::ActivatedLinear::Saved<P> projected;
        nn::Norm::Saved<P> norm;
        CRows<P> h;  ///< rows x width, to be multiplied with item vectors
    };

    [[gnu::cold, gnu::noinline]] BERT4Rec(ParameterLayout& layout, const Config& config) {
        check_settings(config, "bert4rec");
        const ParameterLayout::Scope scope(layout, "bert4rec");
        const nn::EncoderConfig& e = config.encoder;
        const Init init = Init::normal(e.init);
        input_ = {layout, config.window, e.width, init, e.epsilon, e.dropout};
        mask_ = nn::MaskVector(layout, "mask", e.width, init);
        encoder_ = {layout, e, attention_mask};
        projection_ = {layout, "projection", e.width, e.width, e.activation, init};
        norm_ = nn::Norm(layout, "projection_norm", e.width, e.epsilon);
    }

    bool masks_items() const { return true; }

    /// \param x  rows x width: the vectors of the sequence's items, zeros in masked rows
    template <class P>
    Saved<P> forward(Context<P>& ctx, const Sequence<P>& sequence, CRows<P> x) const {
        Saved<P> saved;
        saved.input = input_.forward(ctx, sequence, x, &mask_);
        saved.encoder = encoder_.forward(ctx, sequence.segments, sequence.row_key, saved.input.out);
        saved.projected = projection_.forward(ctx, saved.encoder.out);
        saved.norm = norm_.forward(ctx, CRows<P>(saved.projected.out));
        saved.h = saved.norm.out;
        return saved;
    }

    template <class P>
    void backward(Context<P>& ctx, const Sequence<P>& sequence, const Saved<P>& saved, CRows<P> dh,
                  Rows<P> dx) const {
        const typename Workspace<P>::Frame frame(ctx.work);
        const Rows<P> inner = ctx.work.scratch(dh.rows, dh.cols), outer = ctx.work.scratch(dh.rows, dh.cols);
        norm_.backward(ctx, saved.norm, dh, inner);
        projection_.backward(ctx, saved.projected, inner, outer);
        encoder_.backward(ctx, saved.encoder, CRows<P>(outer), inner);
        input_.backward(ctx, sequence, saved.input, CRows<P>(inner), dx, &mask_);
    }

private:
    nn::PositionInput input_;
    nn::MaskVector mask_;
    nn::Encoder encoder_;
    nn::ActivatedLinear projection_;
    nn::Norm norm_;
};

}  // namespace coco::backbone

static_assert(coco::Backbone<coco::backbone::BERT4Rec>);
