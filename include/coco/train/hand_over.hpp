// SPDX-License-Identifier: Apache-2.0
/// \file
/// Hand-over between variants: a stage is trained once, and any number of models go on from there. The
/// behaviour stage is bit-identical for all variants of a seed: tensors of backbone and items are declared
/// first in every pipeline, so that names, initial values and random bits agree; and the behaviour part of a
/// pipeline is a SequentialRecommender.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <coco/pipeline/sequential_recommender.hpp>
#include <coco/store/transfer.hpp>
#include <coco/train/trainer.hpp>

namespace coco {

namespace hand {

template <class P>
using Numbers = List<typename P::Scalar, typename P::Space>;
template <class P>
using ConstNumbers = List<const typename P::Scalar, typename P::Space>;

/// One of a trainer's parameter blocks.
template <class P, class AnyTrainer>
Numbers<P> block_of(AnyTrainer& trainer, const std::string& name, ParameterBlock block) {
    Numbers<P> found{};
    trainer.for_each_block([&](const std::string& section, ParameterBlock where, Numbers<P> list) {
        if (section == name && where == block) found = list;
    });
    return found;
}

/// Copies the tensors that both layouts have, by name, from one block to another.
template <class P>
void copy_shared(P& on, const ParameterLayout& from_layout, Numbers<P> from, const ParameterLayout& to_layout,
                 Numbers<P> to, ParameterBlock block) {
    for (const Tensor& t : from_layout.tensors()) {
        if (t.ref.block != block) continue;
        const TensorRef& ref = to_layout.tensor(t.name).ref;
        transfer(on, ConstNumbers<P>(from.from(t.ref.at, t.ref.size())), on, to.from(ref.at, ref.size()));
    }
}

}  // namespace hand

/// The SequentialRecommender of a model: the same backbone, items and objectives, nothing else.
template <class Model>
struct BehaviourOf;
template <class Backbone, class Items, class ObjectiveList>
struct BehaviourOf<SequentialRecommender<Backbone, Items, ObjectiveList>> {
    using type = SequentialRecommender<Backbone, Items, ObjectiveList>;
};
template <class Backbone, class Items, class Prompt, class Llm, class Decoupler, class Aligner, class Adapter,
          class ObjectiveList>
struct BehaviourOf<BasicPipeline<Backbone, Items, Prompt, Llm, Decoupler, Aligner, Adapter, ObjectiveList>> {
    using type = SequentialRecommender<Backbone, Items, ObjectiveList>;
};
template <class Model>
using behaviour_model = typename BehaviourOf<Model>::type;

/// The settings of stage 1 only. Those of stage 2 are reset to their defaults, so that one stage 1 serves all
/// variants of stage 2.
template <class Model, class O>
TrainConfig<behaviour_model<Model>, O> behaviour_config(const TrainConfig<Model, O>& whole) {
    TrainConfig<behaviour_model<Model>, O> config;
    config.model.behaviour = whole.model.behaviour;
    config.model.loss.objective = whole.model.loss.objective;
    config.model.objectives = whole.model.objectives;
    config.sampling = whole.sampling;
    config.sampling.budget = {};
    config.sampling.joint_targets = Sampling{}.joint_targets;
    const Schedule& s = whole.schedule;
    config.schedule.seed = s.seed;
    config.optimizer = whole.optimizer;
    config.schedule.negatives = s.negatives;
    config.schedule.rate = s.rate;
    config.schedule.batch = s.batch;
    config.schedule.epochs = s.epochs;
    config.schedule.patience = s.patience;
    config.schedule.joint_epochs = 0;
    return config;
}

/// Sets a trainer to the state that it would have after training the stages of `first` itself: tensors and
/// groups of one name are handed over, with the optimiser's numbers and step counts, and it goes on with the
/// stage after the last one of `first`. \throws Error where `first` has not finished, where a tensor or group
/// of it is missing, or the trainer has no stage of its last stage's name
template <class First, class Model, class P, class O>
void hand_over(Trainer<First, P, O>& first, Trainer<Model, P, O>& trainer) {
    P& on = *trainer.model().on;
    const ParameterLayout &from = first.model().model->layout(), &to = trainer.model().model->layout();
    require(first.state().finished, "hand-over", "the first trainer has not finished", "fit it to the end");
    for (const ParameterBlock block : {ParameterBlock::dense, ParameterBlock::table}) {
        const auto copy = [&](const char* section) {
            hand::copy_shared(on, from, hand::block_of<P>(first, section, block), to,
                              hand::block_of<P>(trainer, section, block), block);
        };
        copy("values");
        for (const OptimizerState& state : O::states) copy(state.name);
        transfer(on, hand::ConstNumbers<P>(hand::block_of<P>(trainer, "values", block)), on,
                 hand::block_of<P>(trainer, "best", block));
    }
    TrainState state = first.state();
    state.best.assign(trainer.stages().size(), {});
    for (std::size_t s = 0; s < first.stages().size(); ++s)
        for (std::size_t t = 0; t < trainer.stages().size(); ++t)
            if (first.stages()[s].name == trainer.stages()[t].name) state.best[t] = first.state().best[s];
    state.end_stage(trainer.stages());
    std::vector<std::int64_t> steps(to.groups().size(), 0);
    for (std::size_t g = 0; g < from.groups().size(); ++g)
        steps[static_cast<std::size_t>(to.group_index(from.groups()[g].name))] = first.optimizer_steps()[g];
    trainer.restore(state, first.metrics(), steps);
}

/// Hands the tensors of some parameter groups to a trainer of the same model, with the optimiser's numbers
/// and step counts; and that the channel has been chosen, whose weight is among them where its group is.
/// \param best_too  they also replace those of the best epoch, which the end of the stage restores
template <class Model, class P, class O>
void hand_over_groups(Trainer<Model, P, O>& first, Trainer<Model, P, O>& trainer,
                      std::span<const std::string_view> groups, bool best_too) {
    P& on = *trainer.model().on;
    const ParameterLayout& layout = trainer.model().model->layout();
    std::vector<std::int64_t> steps = trainer.optimizer_steps();
    for (const std::string_view name : groups) {
        const auto index = static_cast<std::size_t>(layout.group_index(name));
        const ParameterGroup& g = layout.groups()[index];
        const auto copy = [&](const char* section, const char* into) {
            const hand::Numbers<P> from = hand::block_of<P>(first, section, g.block),
                                   to = hand::block_of<P>(trainer, into, g.block);
            transfer(on, hand::ConstNumbers<P>(from.from(g.begin, g.end - g.begin)), on,
                     to.from(g.begin, g.end - g.begin));
        };
        copy("values", "values");
        if (best_too) copy("values", "best");
        for (const OptimizerState& state : O::states) copy(state.name, state.name);
        steps[index] = first.optimizer_steps()[index];
    }
    TrainState state = trainer.state();
    state.channel_chosen = first.state().channel_chosen;
    // No group has learned in more steps than there were.
    for (const std::int64_t n : steps) state.step = std::max(state.step, static_cast<std::uint64_t>(n));
    trainer.restore(state, trainer.metrics(), steps, trainer.interactions_digest());
}

/// A copy of a trainer's behaviour in the best epoch of stage 1; to be called at the end of stage 1.
template <class Model, class P, class O>
TrainedModel<behaviour_model<Model>, P> behaviour_of(Trainer<Model, P, O>& trainer) {
    using Base = behaviour_model<Model>;
    const TrainedModel<Model, P>& whole = trainer.model();
    const auto base =
        std::make_shared<const Base>(behaviour_config(trainer.config()).model, whole.model->items());
    TrainedModel<Base, P> copy{whole.on, base, std::make_shared<Parameters<P>>(*whole.on, base->layout(), 0),
                               whole.builder, nullptr};
    const char* const section =
        trainer.state().best[0].epoch > 0 && !trainer.state().finished ? "best" : "values";
    const ParameterLayout &from = whole.model->layout(), &to = base->layout();
    for (const Tensor& t : to.tensors()) {
        if (t.ref.block == ParameterBlock::frozen) continue;
        const TensorRef& ref = from.tensor(t.name).ref;
        transfer(
            *whole.on,
            hand::ConstNumbers<P>(hand::block_of<P>(trainer, section, ref.block).from(ref.at, ref.size())),
            *whole.on, copy.parameters->list(t.ref));
    }
    return copy;
}

}  // namespace coco
