// SPDX-License-Identifier: Apache-2.0
/// \file
/// One seed of a system that CoCo is compared with: training, evaluation.
#pragma once

#include <chrono>
#include <memory>

#include "experiment/fitting.hpp"

namespace experiment {

/// \param on  the policy that computes
template <class Model, class P>
Result run_baseline(const Job& job, const coco::TrainConfig<Model>& config, const std::shared_ptr<P>& on) {
    const auto start = std::chrono::steady_clock::now();
    const Options& o = job.options;
    Result result;
    result.seed = job.seed;
    result.stage1 = job.resume.empty() ? "trained" : "resumed";
    result.text_layer = job.semantic->text_layer;
    try {
        const auto trainer = trainer_for<Model>(config, job, on);
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
