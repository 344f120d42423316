// SPDX-License-Identifier: Apache-2.0
/// \file
/// Stage 1 is the same for all variants of a seed, bit for bit: tensors of backbone and items are claimed
/// first in every pipeline, so that names, starting values and random bits agree. It can therefore be trained
/// once and handed on, and a pipeline without its language model is a base.
#pragma once

#include <algorithm>
#include <memory>
#include <vector>

#include <coco/pipeline/base.hpp>
#include <coco/store/transfer.hpp>
#include <coco/train/trainer.hpp>

namespace experiment {

using coco::Home;
using coco::Index;
template <class P>
using Numbers = coco::List<typename P::Scalar, typename P::Space>;
template <class P>
using ConstNumbers = coco::List<const typename P::Scalar, typename P::Space>;

/// The base of a model: the same backbone and items, nothing else.
template <class Model>
struct BaseOf;
template <class Backbone, class Items>
struct BaseOf<coco::Base<Backbone, Items>> {
    using type = coco::Base<Backbone, Items>;
};
template <class Backbone, class Items, class Prompt, class Model, class Decoupler, class Aligner,
          class Adapter>
struct BaseOf<coco::BasicPipeline<Backbone, Items, Prompt, Model, Decoupler, Aligner, Adapter>> {
    using type = coco::Base<Backbone, Items>;
};
template <class Model>
using base_of = typename BaseOf<Model>::type;

/// The settings of stage 1 alone. What belongs to stage 2 is put back to its defaults, so that one stage 1
/// serves whatever is tried after it.
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

/// One of a trainer's blocks.
template <class Model, class P>
Numbers<P> block_of(coco::Trainer<Model, P>& trainer, const std::string& name, Home home) {
    Numbers<P> found{};
    trainer.visit_blocks([&](const std::string& block, Home where, Numbers<P> list) {
        if (block == name && where == home) found = list;
    });
    return found;
}

/// Copies the tensors that both layouts have, by name, from one block to another.
template <class P>
void copy_shared(P& on, const coco::Layout& from_layout, Numbers<P> from, const coco::Layout& to_layout,
                 Numbers<P> to, Home home) {
    for (const coco::Tensor& t : from_layout.tensors()) {
        if (t.slot.home != home) continue;
        const coco::Slot& slot = to_layout.tensor(t.name).slot;
        coco::transfer(on, ConstNumbers<P>(from.from(t.slot.at, t.slot.size())), on,
                       to.from(slot.at, slot.size()));
    }
}

/// Puts a trainer where it would stand had it trained stage 1 itself.
template <class Model, class P>
void hand_on(coco::Trainer<base_of<Model>, P>& stage1, coco::Trainer<Model, P>& trainer) {
    P& on = *trainer.model().on;
    const coco::Layout &from = stage1.model().model->layout(), &to = trainer.model().model->layout();
    for (const Home home : {Home::dense, Home::table}) {
        for (const char* block : {"values", "first", "second"})
            copy_shared(on, from, block_of(stage1, block, home), to, block_of(trainer, block, home), home);
        coco::transfer(on, ConstNumbers<P>(block_of(trainer, "values", home)), on,
                       block_of(trainer, "best", home));
    }
    coco::TrainState state = stage1.state();
    if (trainer.config().schedule.joint_epochs > 0) {
        state.phase = coco::Phase::joint;
        state.begun = state.finished = false;
    }
    std::vector<std::int64_t> steps(to.groups().size(), 0);
    for (std::size_t g = 0; g < from.groups().size(); ++g)
        steps[static_cast<std::size_t>(to.group_index(from.groups()[g].name))] = stage1.optimizer_steps()[g];
    trainer.restore(state, stage1.ledger(), steps);
}

/// A copy of a trainer's behaviour as it was in the best epoch of stage 1, while it still stands there.
template <class Model, class P>
coco::Trained<base_of<Model>, P> behaviour_of(coco::Trainer<Model, P>& trainer) {
    using Base = base_of<Model>;
    const coco::Trained<Model, P>& whole = trainer.model();
    const auto base =
        std::make_shared<const Base>(stage1_config(trainer.config()).model, whole.model->items());
    coco::Trained<Base, P> copy{whole.on, base,
                                std::make_shared<coco::Parameters<P>>(*whole.on, base->layout(), 0),
                                whole.filler, nullptr};
    const char* const block =
        trainer.state().best[0].epoch > 0 && !trainer.state().finished ? "best" : "values";
    const coco::Layout &from = whole.model->layout(), &to = base->layout();
    for (const coco::Tensor& t : to.tensors()) {
        if (t.slot.home == Home::frozen) continue;
        const coco::Slot& slot = from.tensor(t.name).slot;
        coco::transfer(*whole.on,
                       ConstNumbers<P>(block_of(trainer, block, slot.home).from(slot.at, slot.size())),
                       *whole.on, copy.parameters->list(t.slot));
    }
    return copy;
}

}  // namespace experiment
