// SPDX-License-Identifier: Apache-2.0
/// \file
/// The stages of UniSRec: contrastive pre-training, then fine-tuning.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include <coco/baseline/unisrec/unisrec.hpp>
#include <coco/train/schedule.hpp>
#include <coco/train/stage_settings.hpp>

namespace coco {

/// [pretraining, behaviour]. Pre-training has a fixed number of epochs, whose last weights stay, as in
/// `pretraining_stage`; fine-tuning goes on from them with an optimiser that starts anew.
/// \param schedule       of fine-tuning: rate, epochs, patience
/// \param epochs         of pre-training; 0: left out, all is trained from scratch
/// \param rate           of pre-training
/// \param fixes_encoder  fine-tuning leaves the pre-trained encoder as it is, as published
/// \param transductive   whether the model has a vector of each item, which fine-tuning alone trains
[[gnu::cold]] inline std::vector<StageSettings> unisrec_stages(const Schedule& schedule, Index epochs,
                                                               double rate, bool fixes_encoder,
                                                               bool transductive) {
    StageSettings first, second;
    first.name = std::string(TrainingStage::pretraining.name());
    first.sampler = baseline::unisrec::ContrastSamples::name;
    first.rate = rate;
    first.epochs = epochs;
    first.patience = std::max<Index>(1, epochs);
    first.valid = 0;
    if (transductive) first.rates = {{"table", 0}};
    second.rate = schedule.rate;
    second.epochs = schedule.epochs;
    second.patience = schedule.patience;
    second.fresh = epochs > 0;
    if (epochs > 0 && fixes_encoder) second.rates = {{"encoder", 0}};
    return {first, second};
}

}  // namespace coco
