// SPDX-License-Identifier: Apache-2.0
/// \file
/// Stage 1 is bit-identical for all variants of a seed: tensors of backbone and items are declared first in
/// every pipeline, so that names, initial values and random bits agree. It can therefore be trained once and
/// reused, and the behaviour part of a pipeline is a SequentialRecommender.
#pragma once

#include <algorithm>
#include <memory>
#include <vector>

#include <coco/pipeline/sequential_recommender.hpp>
#include <coco/store/transfer.hpp>
#include <coco/train/trainer.hpp>

namespace experiment {

using coco::Index;
using coco::ParameterBlock;
template <class P>
using Numbers = coco::List<typename P::Scalar, typename P::Space>;
template <class P>
using ConstNumbers = coco::List<const typename P::Scalar, typename P::Space>;

/// The SequentialRecommender of a model: the same backbone and items, nothing else.
template <class Model>
struct BaseOf;
template <class Backbone, class Items>
struct BaseOf<coco::SequentialRecommender<Backbone, Items>> {
    using type = coco::SequentialRecommender<Backbone, Items>;
};
template <class Backbone, class Items, class Prompt, class Model, class Decoupler, class Aligner,
          class Adapter>
struct BaseOf<coco::BasicPipeline<Backbone, Items, Prompt, Model, Decoupler, Aligner, Adapter>> {
    using type = coco::SequentialRecommender<Backbone, Items>;
};
template <class Model>
using base_of = typename BaseOf<Model>::type;

/// The settings of stage 1 only. Those of stage 2 are reset to their defaults, so that one stage 1 serves all
/// variants of stage 2.
template <class Model>
coco::TrainConfig<base_of<Model>> stage1_config(const coco::TrainConfig<Model>& whole) {
    coco::TrainConfig<base_of<Model>> config;
    config.model.behaviour = whole.model.behaviour;
    config.model.loss.objective = whole.model.loss.objective;
    config.sampling = whole.sampling;
    config.sampling.budget = {};
    config.sampling.joint_targets = coco::Sampling{}.joint_targets;
    const coco::Schedule& s = whole.schedule;
    config.schedule.seed = s.seed;
    config.schedule.optimizer = s.optimizer;
    config.schedule.negatives = s.negatives;
    config.schedule.rate = s.rate;
    config.schedule.batch = s.batch;
    config.schedule.epochs = s.epochs;
    config.schedule.patience = s.patience;
    config.schedule.joint_epochs = 0;
    return config;
}

/// One of a trainer's parameter blocks.
template <class Model, class P>
Numbers<P> block_of(coco::Trainer<Model, P>& trainer, const std::string& name, ParameterBlock block) {
    Numbers<P> found{};
    trainer.for_each_block([&](const std::string& section, ParameterBlock where, Numbers<P> list) {
        if (section == name && where == block) found = list;
    });
    return found;
}

/// Copies the tensors that both layouts have, by name, from one block to another.
template <class P>
void copy_shared(P& on, const coco::ParameterLayout& from_layout, Numbers<P> from,
                 const coco::ParameterLayout& to_layout, Numbers<P> to, ParameterBlock block) {
    for (const coco::Tensor& t : from_layout.tensors()) {
        if (t.ref.block != block) continue;
        const coco::TensorRef& ref = to_layout.tensor(t.name).ref;
        coco::transfer(on, ConstNumbers<P>(from.from(t.ref.at, t.ref.size())), on,
                       to.from(ref.at, ref.size()));
    }
}

/// Sets a trainer to the state it would have after training stage 1 itself.
template <class Model, class P>
void hand_on(coco::Trainer<base_of<Model>, P>& stage1, coco::Trainer<Model, P>& trainer) {
    P& on = *trainer.model().on;
    const coco::ParameterLayout &from = stage1.model().model->layout(), &to = trainer.model().model->layout();
    for (const ParameterBlock block : {ParameterBlock::dense, ParameterBlock::table}) {
        for (const char* section : {"values", "first", "second"})
            copy_shared(on, from, block_of(stage1, section, block), to, block_of(trainer, section, block),
                        block);
        coco::transfer(on, ConstNumbers<P>(block_of(trainer, "values", block)), on,
                       block_of(trainer, "best", block));
    }
    coco::TrainState state = stage1.state();
    if (trainer.config().schedule.joint_epochs > 0) {
        state.stage = coco::TrainingStage::joint;
        state.begun = state.finished = false;
    }
    std::vector<std::int64_t> steps(to.groups().size(), 0);
    for (std::size_t g = 0; g < from.groups().size(); ++g)
        steps[static_cast<std::size_t>(to.group_index(from.groups()[g].name))] = stage1.optimizer_steps()[g];
    trainer.restore(state, stage1.metrics(), steps);
}

/// A copy of a trainer's behaviour in the best epoch of stage 1; to be called at the end of stage 1.
template <class Model, class P>
coco::TrainedModel<base_of<Model>, P> behaviour_of(coco::Trainer<Model, P>& trainer) {
    using SequentialRecommender = base_of<Model>;
    const coco::TrainedModel<Model, P>& whole = trainer.model();
    const auto base = std::make_shared<const SequentialRecommender>(stage1_config(trainer.config()).model,
                                                                    whole.model->items());
    coco::TrainedModel<SequentialRecommender, P> copy{
        whole.on, base, std::make_shared<coco::Parameters<P>>(*whole.on, base->layout(), 0), whole.builder,
        nullptr};
    const char* const section =
        trainer.state().best[0].epoch > 0 && !trainer.state().finished ? "best" : "values";
    const coco::ParameterLayout &from = whole.model->layout(), &to = base->layout();
    for (const coco::Tensor& t : to.tensors()) {
        if (t.ref.block == ParameterBlock::frozen) continue;
        const coco::TensorRef& ref = from.tensor(t.name).ref;
        coco::transfer(*whole.on,
                       ConstNumbers<P>(block_of(trainer, section, ref.block).from(ref.at, ref.size())),
                       *whole.on, copy.parameters->list(t.ref));
    }
    return copy;
}

}  // namespace experiment
