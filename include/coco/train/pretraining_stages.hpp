// SPDX-License-Identifier: Apache-2.0
/// \file
/// Stages of a model whose backbone is pre-trained: the backbone's own stage, then behaviour, which goes on
/// from its weights with an optimiser that starts anew.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include <coco/sampling/pretraining.hpp>
#include <coco/train/schedule.hpp>
#include <coco/train/stage_settings.hpp>

namespace coco {

/// Pre-training for a fixed number of epochs, whose last weights stay: rankings by a backbone that has not
/// learned to rank say nothing of it. Set `valid` and `patience` to choose an epoch by them nevertheless.
/// \param sampler  `sampling::Pretraining::name`, or `sampling::PretrainingByUser::name`
[[gnu::cold]] inline StageSettings pretraining_stage(Index epochs, double rate,
                                                     const char* sampler = sampling::Pretraining::name) {
    StageSettings stage;
    stage.name = std::string(TrainingStage::pretraining.name());
    stage.sampler = sampler;
    stage.rate = 0;
    stage.rates = {{"pretraining", rate}, {"behaviour", rate}, {"table", rate}};
    stage.epochs = epochs;
    stage.patience = std::max<Index>(1, epochs);
    stage.valid = 0;
    return stage;
}

/// [pretraining, behaviour]; a pipeline's further stages come behind these. With 0 epochs pre-training is
/// left out of the run, and the backbone is trained from scratch. \param schedule  of behaviour: rate,
/// epochs, patience    \param rate  of pre-training
[[gnu::cold]] inline std::vector<StageSettings> pretraining_stages(
    const Schedule& schedule, Index epochs, double rate, const char* sampler = sampling::Pretraining::name) {
    StageSettings behaviour;
    behaviour.rate = 0;
    behaviour.rates = {{"behaviour", schedule.rate}, {"table", schedule.rate}};
    behaviour.epochs = schedule.epochs;
    behaviour.patience = schedule.patience;
    // Gradients of attributes by the hundred have left second moments that would slow it for thousands of
    // steps.
    behaviour.fresh = true;
    return {pretraining_stage(epochs, rate, sampler), behaviour};
}

}  // namespace coco
