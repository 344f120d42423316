// SPDX-License-Identifier: Apache-2.0
/// \file
/// One seed of UniSRec: settings, training, evaluation.
#pragma once

#include <chrono>
#include <memory>

#include <coco/baseline/unisrec/unisrec.hpp>
#include <coco/train/unisrec_stages.hpp>

#include "experiment/fitting.hpp"

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

/// \param on  the policy that computes
template <class P>
Result run_unisrec_with(const Job& job, const std::shared_ptr<P>& on) {
    using Model = coco::baseline::UniSRec;
    const auto start = std::chrono::steady_clock::now();
    const Options& o = job.options;
    Result result;
    result.seed = job.seed;
    result.stage1 = job.resume.empty() ? "trained" : "resumed";
    result.text_layer = job.semantic->text_layer;
    try {
        const auto trainer = trainer_for<Model>(unisrec_config(job), job, on);
        if (!job.resume.empty()) coco::resume(job.resume, *trainer);
        Fitting<Model, P> fitting(*trainer, job, job.save);
        result.stopped = !fitting();
        if (result.stopped) return result;
        result.valid = measure(trainer->model(), job.split.valid, "validation", o);
        result.test_by_seen = measure_by_seen(trainer->model(), job.split.test, "test", o);
        result.test = result.test_by_seen[o.seen_index()];
        result.base_valid = result.valid;
        result.base_test = result.test;
        result.base_test_by_seen = result.test_by_seen;
        const coco::EarlyStopping& best = trainer->state().best.back();
        result.epochs[0] = static_cast<Index>(best.history.size());
        result.best_epoch[0] = best.epoch;
        result.effort = fitting.effort();
    } catch (const Interrupted&) {
        result.stopped = true;
        return result;
    }
    result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    return result;
}

}  // namespace experiment
