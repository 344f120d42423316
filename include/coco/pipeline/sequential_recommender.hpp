// SPDX-License-Identifier: Apache-2.0
/// \file
/// The pipeline without a language model: the behaviour part and its loss. It is trained, evaluated and
/// served like every pipeline, and is the reference with which CoCo is compared.
#pragma once

#include <coco/backbone/concept.hpp>
#include <coco/core/setting_list.hpp>
#include <coco/fwd.hpp>
#include <coco/items/concept.hpp>
#include <coco/items/table.hpp>
#include <coco/loss/bce.hpp>
#include <coco/loss/cross_entropy.hpp>
#include <coco/loss/info_nce.hpp>
#include <coco/loss/objective.hpp>
#include <coco/loss/weights.hpp>
#include <coco/pipeline/behaviour.hpp>
#include <coco/pipeline/channel.hpp>
#include <coco/pipeline/concept.hpp>
#include <coco/pipeline/gate.hpp>
#include <coco/pipeline/scorer.hpp>
#include <coco/pipeline/step.hpp>
#include <coco/sampling/samplers.hpp>

namespace coco {

/// A backbone and item vectors, trained with the backbone's own loss (and optionally L_aux in joint steps).
template <class Backbone, class Items, class ObjectiveList>
class SequentialRecommender {
    static_assert(explain_backbone<Backbone>() && explain_items<Items>());

public:
    using Role = role::Model;
    static constexpr bool uses_knowledge = false;
    using Samplers = typename sampling::SamplersOf<Backbone>::type;
    /// Whether its items have the columns that a channel needs.
    static constexpr bool may_have_channel = items::HasSemanticColumns<Items>;

    struct Config {
        typename Behaviour<Backbone, Items>::Config behaviour;
        LossWeights loss{ObjectiveList::default_name};
        typename ObjectiveList::Config objectives;
        bool auxiliary = false;  ///< adds alpha L_aux in joint steps
        ChannelConfig channel;   ///< of rankings; needs items with semantic columns
    };

    /// Products of d columns, or of d + r with the channel.
    template <class P>
    using Scoring = ProductScorer<P>;

    SequentialRecommender(const Config& config, Index items)
        : config_(config),
          behaviour_(layout_, config.behaviour, items),
          items_(items),
          objectives_(config.loss.objective, config.objectives) {
        check_settings(config.loss, "loss");
        require(may_have_channel || !config.channel.on, "channel", "these items have no semantic columns",
                "items::Semantic");
        if (config.channel.on)
            channel_ = Channel(layout_, config.channel, items::have_popularity(behaviour_.items()));
    }
    SequentialRecommender(const SequentialRecommender&) = delete;
    SequentialRecommender& operator=(const SequentialRecommender&) = delete;

    const ParameterLayout& layout() const { return layout_; }
    const Config& config() const { return config_; }
    Index items() const { return items_; }
    Index window() const { return config_.behaviour.backbone.window; }
    const ObjectiveList& objectives() const { return objectives_; }
    static constexpr bool items_by_row = items::by_row<Items>;  ///< of the gradient of the item table
    bool sees_later_items() const { return behaviour_.sees_later_items(); }
    bool masks_items() const { return behaviour_.masks_items(); }

    /// One training step: adds the loss to `metrics` (StepMetrics::entries numbers) and gradients to those of
    /// `ctx`.
    template <class P>
    StepReport step(Context<P>& ctx, const Batch<P>& batch, TrainingStage stage,
                    typename P::Scalar* metrics) const {
        if (behaviour_.trains(stage)) return behaviour_.stage_step(ctx, batch, stage, metrics);
        if (stage == TrainingStage::columns) return columns_step(ctx, batch, metrics, false);
        if (stage == TrainingStage::correction) return columns_step(ctx, batch, metrics, true);
        const auto saved = behaviour_.forward(ctx, batch);
        const CRows<P> h = saved.h;
        const Rows<P> dh = ctx.work.keep(h.rows, h.cols);
        objectives_.step(ctx, h, CRows<P>(saved.items.vectors), batch.targets, 1, metrics + StepMetrics::rec,
                         dh, saved.items.gradient);
        if (stage == TrainingStage::joint && config_.auxiliary) {
            const Rows<P> more = ctx.work.keep(h.rows, h.cols);
            loss::info_nce<P>(ctx, h, CRows<P>(saved.items.vectors), batch.targets, config_.loss.temperature,
                              config_.loss.alpha, metrics + StepMetrics::aux, more, saved.items.gradient);
            nn::copy<P>(ctx.on, CRows<P>(more), dh, Write::add);
        }
        behaviour_.backward(ctx, batch, saved, CRows<P>(dh));
        StepReport report;
        report.targets = h.rows;
        return report;
    }

    /// What rankings need of all items.
    template <class P>
    struct ItemVectors {
        typename Items::template Saved<P> items;
        CRows<P> ranked;  ///< items x d, or x (d + r) with the channel
    };
    template <class P>
    ItemVectors<P> item_vectors(Context<P>& ctx) const {
        ItemVectors<P> vectors{behaviour_.items().forward(ctx), {}};
        if constexpr (items::HasLearnedColumns<Items>) behaviour_.items().add_columns(ctx, vectors.items);
        vectors.ranked = vectors.items.vectors;
        if constexpr (may_have_channel)
            if (config_.channel.on) vectors.ranked = channel_.vectors(ctx, vectors.items);
        return vectors;
    }

    /// The vectors for ranking the targets.
    template <class P>
    Scoring<P> score(Context<P>& ctx, const Batch<P>& batch) const {
        return score(ctx, batch, item_vectors(ctx));
    }
    template <class P>
    Scoring<P> score(Context<P>& ctx, const Batch<P>& batch, const ItemVectors<P>& vectors) const {
        const auto saved = behaviour_.forward(ctx, batch, vectors.items);
        if constexpr (may_have_channel)
            if (config_.channel.on)
                return {channel_.queries(
                            ctx, CRows<P>(saved.h),
                            CRows<P>(channel_.users(ctx, batch, items::read_columns(vectors.items)))),
                        vectors.ranked};
        return {saved.h, vectors.ranked};
    }

    bool has_channel() const { return config_.channel.on; }
    /// The channel, where it has one.
    const Channel& channel() const { return channel_; }
    /// As `score`: nothing but the channel is added to behaviour.
    template <class P>
    Scoring<P> channel_score(Context<P>& ctx, const Batch<P>& batch, const ItemVectors<P>& vectors) const {
        return score(ctx, batch, vectors);
    }

private:
    /// The stage in which the items' columns learn: behaviour, as in evaluation, is fixed, and the loss of
    /// [h ; lambda k] against [v ; kappa], over a temperature, goes to lambda and the columns. Its targets
    /// should be such that behaviour has not been trained on.
    /// \param contradicted  only targets with M = 0 count: those that the columns do not bring nearer
    template <class P>
    StepReport columns_step(Context<P>& ctx, const Batch<P>& batch, typename P::Scalar* metrics,
                            bool contradicted) const {
        if constexpr (items::HasLearnedColumns<Items>) {
            require(config_.channel.on, "stage columns", "the model has no channel", "channel.on");
            const Items& items = behaviour_.items();
            Context<P> fixed = ctx.inputs_only();
            fixed.training = false;
            auto vectors = items.forward(fixed);
            const auto saved = behaviour_.forward(fixed, batch, vectors);
            items.add_columns(ctx, vectors);
            const Rows<P> ranked = channel_.vectors(ctx, vectors),
                          user = channel_.users(ctx, batch, items::read_columns(vectors)),
                          query = channel_.queries(ctx, CRows<P>(saved.h), CRows<P>(user)),
                          sharp = items.temperature().forward(ctx, CRows<P>(query)),
                          dsharp = ctx.work.keep(query.rows, query.cols),
                          dquery = ctx.work.keep(query.rows, query.cols),
                          duser = ctx.work.keep(user.rows, user.cols),
                          dranked = ctx.work.keep(ranked.rows, ranked.cols);
            nn::fill<P>(ctx.on, dranked, 0);
            Gate<P> gate;
            if (contradicted) {
                gate = contradictions<P>(ctx, CRows<P>(Channel::padded(ctx, CRows<P>(saved.h), user.cols)),
                                         CRows<P>(query), CRows<P>(ranked), batch.targets,
                                         batch.targets.of_segment, metrics);
                mask_gradient<P>(ctx, CRows<P>(sharp), gate, sharp);
            }
            objectives_.step(ctx, CRows<P>(sharp), CRows<P>(ranked), batch.targets, 1,
                             metrics + StepMetrics::rec, dsharp, dranked);
            if (contradicted) mask_gradient<P>(ctx, CRows<P>(dsharp), gate, dsharp);
            items.temperature().backward(ctx, CRows<P>(sharp), CRows<P>(dsharp), dquery);
            channel_.backward(ctx, CRows<P>(user), CRows<P>(dquery).cols_from(saved.h.cols, user.cols),
                              duser);
            if (!vectors.read_gradient.empty())
                channel_.users_backward(ctx, batch, CRows<P>(duser), vectors.read_gradient);
            channel_.vectors_backward(ctx, vectors, CRows<P>(ranked), CRows<P>(dranked));
            items.columns_backward(ctx, vectors);
            StepReport report;
            report.targets = saved.h.rows;
            return report;
        } else {
            throw Error("stage columns", "the columns of these items are not learned",
                        "items::LearnedSemantic");
        }
    }

    Config config_;
    ParameterLayout layout_;
    Behaviour<Backbone, Items> behaviour_;
    Index items_;
    ObjectiveList objectives_;
    Channel channel_;
};

}  // namespace coco
