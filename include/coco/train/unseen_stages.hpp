// SPDX-License-Identifier: Apache-2.0
/// \file
/// Stages in which what is beside behaviour learns from targets that behaviour has not fitted: each user's
/// newest train item is held back, behaviour is fitted on the others, and the parts beside it learn from
/// those held back.
#pragma once

#include <string>
#include <vector>

#include <coco/sampling/joint_groups.hpp>
#include <coco/sampling/samplers.hpp>
#include <coco/train/schedule.hpp>
#include <coco/train/stage_settings.hpp>

namespace coco {

/// Behaviour on all targets but those held back. \param schedule  of behaviour by itself: rate, epochs,
/// patience    \param samples  positions or prefixes
[[gnu::cold]] inline StageSettings older_behaviour(const Schedule& schedule, Samples samples) {
    StageSettings older;
    older.sampler =
        samples == Samples::positions ? sampling::OlderPositions::name : sampling::OlderPrefixes::name;
    older.rate = 0;
    older.rates = {{"behaviour", schedule.rate}, {"table", schedule.rate}};
    older.epochs = schedule.epochs;
    older.patience = schedule.patience;
    return older;
}

/// Of a pipeline whose `unseen` is on: behaviour without the targets held back; knowledge on these, at the
/// joint stage's rates, behaviour fixed; then behaviour goes on with all targets, from where it is, so that
/// what knowledge knows of its vectors stays true, and knowledge is fixed.
[[gnu::cold]] inline std::vector<StageSettings> unseen_stages(const Schedule& schedule, Samples samples) {
    StageSettings knowledge, refit;
    knowledge.name = std::string(TrainingStage::knowledge.name());
    knowledge.sampler = sampling::HeldBackGroups::name;
    knowledge.rate = 0;
    knowledge.rates = {{"knowledge", schedule.knowledge_rate}, {"adapter", schedule.adapter_rate}};
    knowledge.epochs = schedule.joint_epochs;
    knowledge.patience = schedule.joint_patience;
    knowledge.warm_up = schedule.warm_up;
    knowledge.valid = schedule.joint_valid;
    refit = older_behaviour(schedule, samples);
    refit.name = "refit";
    refit.sampler = sampling::sampler_of_all(samples);
    return {older_behaviour(schedule, samples), knowledge, refit};
}

}  // namespace coco
