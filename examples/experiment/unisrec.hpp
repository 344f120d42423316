// SPDX-License-Identifier: Apache-2.0
/// \file
/// The settings of UniSRec.
#pragma once

#include <algorithm>
#include <span>
#include <vector>

#include <coco/baseline/unisrec/unisrec.hpp>
#include <coco/train/unisrec_stages.hpp>

#include "experiment/baseline.hpp"

namespace experiment {

inline coco::TrainConfig<coco::baseline::UniSRec> unisrec_config(const Job& job) {
    const Options& o = job.options;
    coco::TrainConfig<coco::baseline::UniSRec> c;
    set_backbone(o, c.model.behaviour.backbone, job.catalogue);
    auto& items = c.model.behaviour.items;
    items.adaptor.experts = o.experts;
    items.adaptor.dropout = o.text_dropout;
    items.adaptor.noise = !o.no_gate_noise;
    items.transductive = o.transductive;
    items.text_width = job.semantic->columns;
    items.space = job.semantic->space;
    const auto writes = [](const std::vector<float>& given) {
        return [&given](std::span<float> out) { std::copy(given.begin(), given.end(), out.begin()); };
    };
    items.texts = writes(job.semantic->kappa);
    if (!job.semantic->read.empty()) items.shortened = writes(job.semantic->read);
    c.model.temperature = o.loss_temperature;
    c.model.sequence_weight = o.view_weight;
    set_training(job, c);
    c.schedule.joint_epochs = 0;
    c.schedule.stages =
        coco::unisrec_stages(c.schedule, o.pretrain_epochs, o.rate, !o.train_encoder, o.transductive);
    return c;
}

}  // namespace experiment
