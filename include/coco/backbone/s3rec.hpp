// SPDX-License-Identifier: Apache-2.0
/// \file
/// S3-Rec (Zhou et al., CIKM 2020): SASRec's encoder, pre-trained on masked items, attributes and segments in
/// a stage of its own, in which each row sees all of its segment. docs/backbones/s3rec.md.
#pragma once

#include <memory>
#include <string>

#include <coco/backbone/concept.hpp>
#include <coco/backbone/s3rec_pretraining.hpp>
#include <coco/core/role.hpp>
#include <coco/core/setting_list.hpp>
#include <coco/core/settings.hpp>
#include <coco/nn/embedding.hpp>
#include <coco/nn/encoder.hpp>
#include <coco/nn/position_input.hpp>
#include <coco/nn/sequence.hpp>
#include <coco/sampling/pretraining.hpp>
#include <coco/sampling/samplers.hpp>

namespace coco::backbone {

/// h = encoder(drop(norm(item + position))), in recommendation and in all stages but "pretraining" causal:
/// the same as `SASRec` of the form s3rec, bit by bit. Pre-training adds a learned vector to masked rows and
/// uses the same weights under the bidirectional mask.
class S3Rec {
public:
    using Role = role::Backbone;
    static constexpr const char* setting_name = "s3rec";
    static constexpr nn::AttentionMask attention_mask = nn::AttentionMask::causal;
    using Samplers = DefaultSamplersWith<sampling::Pretraining, sampling::PretrainingByUser>;

    struct Config {
        nn::EncoderConfig encoder;
        Index window = 50;  ///< longest history, in items
        Index values = 0;   ///< number of attributes that items may have; 0: without the losses of attributes
        std::string texts;  ///< digest of the attributes; checkpoints store it, and refuse others
        S3RecWeights weights;
        /// The attributes of each item, ids below `values`, for instance from `items::attributes_of`; only
        /// pre-training reads them.
        std::shared_ptr<const nn::Bags> attributes;

        static auto settings(auto& c, auto&& visit) {
            return visit(setting("encoder", c.encoder), setting("window", c.window, at_least(1)),
                         setting("values", c.values, at_least(0)), setting("texts", c.texts),
                         setting("weights", c.weights), not_stored());
        }

        Index width() const { return encoder.width; }
    };

    template <class P>
    struct Saved {
        typename nn::PositionInput::Saved<P> input;
        typename nn::Encoder::Saved<P> encoder;
        CRows<P> h;  ///< rows x width, to be multiplied with item vectors
    };

    /// \throws Error naming the setting that is out of range, or attributes that are not as many
    [[gnu::cold, gnu::noinline]] S3Rec(ParameterLayout& layout, const Config& config) {
        check_settings(config, "s3rec");
        const ParameterLayout::Scope scope(layout, "s3rec");
        const nn::EncoderConfig& encoder = config.encoder;
        input_ = {layout,          config.window,  config.width(), Init::normal(encoder.init),
                  encoder.epsilon, encoder.dropout};
        causal_ = {layout, encoder, nn::AttentionMask::causal};
        bidirectional_ = causal_.with(nn::AttentionMask::bidirectional);
        pretraining_ = {layout,         config.width(), encoder.init,
                        config.weights, config.values,  config.attributes};
    }

    /// \param x  rows x width: the vectors of the sequence's items
    template <class P>
    Saved<P> forward(Context<P>& ctx, const Sequence<P>& sequence, CRows<P> x) const {
        return encoded(ctx, sequence, input_.forward(ctx, sequence, x), causal_);
    }

    template <class P>
    void backward(Context<P>& ctx, const Sequence<P>& sequence, const Saved<P>& saved, CRows<P> dh,
                  Rows<P> dx) const {
        backward(ctx, sequence, saved, dh, dx, nullptr);
    }

    /// Whether a stage is the backbone's own.
    static bool trains(TrainingStage stage) { return stage == TrainingStage::pretraining; }

    /// A step of pre-training: *loss +=, parameters' gradients +=, dx =, dvectors += unless empty.
    /// \param x        rows x width: the vectors of the sequence's items, zeros for masked rows
    /// \param targets  as `sampling::Pretraining` lists them, see `S3RecPretraining`
    /// \param vectors  items x width
    template <class P>
    void stage_step(Context<P>& ctx, TrainingStage, const Sequence<P>& sequence, const Targets<P>& targets,
                    CRows<P> x, CRows<P> vectors, typename P::Scalar* loss, Rows<P> dx,
                    Rows<P> dvectors) const {
        const nn::MaskVector& mask = pretraining_.mask();
        const Saved<P> saved =
            encoded(ctx, sequence, input_.forward(ctx, sequence, x, &mask), bidirectional_);
        const Rows<P> h = ctx.work.keep(targets.row.size, x.cols);
        nn::gather<P>(ctx.on, saved.h, targets.row, h);

        const typename Workspace<P>::Frame frame(ctx.work);
        const Rows<P> dh = ctx.work.scratch(h.rows, h.cols), dall = ctx.work.scratch(x.rows, x.cols);
        pretraining_.step(ctx, CRows<P>(h), vectors, targets, loss, dh, dvectors);
        nn::fill<P>(ctx.on, dall, 0);
        nn::scatter<P>(ctx.on, CRows<P>(dh), targets.by_row, dall);
        backward(ctx, sequence, saved, CRows<P>(dall), dx, &mask);
    }

private:
    /// \param encoder  causal or bidirectional
    template <class P>
    Saved<P> encoded(Context<P>& ctx, const Sequence<P>& sequence, const nn::PositionInput::Saved<P>& input,
                     const nn::Encoder& encoder) const {
        const auto rows = encoder.forward(ctx, sequence.segments, sequence.row_key, input.out);
        return {input, rows, rows.out};
    }

    /// What was saved knows whether attention was causal.
    template <class P>
    void backward(Context<P>& ctx, const Sequence<P>& sequence, const Saved<P>& saved, CRows<P> dh,
                  Rows<P> dx, const nn::MaskVector* mask) const {
        const typename Workspace<P>::Frame frame(ctx.work);
        const Rows<P> inner = ctx.work.scratch(dh.rows, dh.cols);
        causal_.backward(ctx, saved.encoder, dh, inner);
        input_.backward(ctx, sequence, saved.input, CRows<P>(inner), dx, mask);
    }

    nn::PositionInput input_;
    nn::Encoder causal_, bidirectional_;
    S3RecPretraining pretraining_;
};

}  // namespace coco::backbone

static_assert(coco::Backbone<coco::backbone::S3Rec>);
static_assert(coco::backbone::HasOwnStages<coco::backbone::S3Rec>);
