// SPDX-License-Identifier: Apache-2.0
/// \file
/// What is trained when, and at which rate: stage 1 trains behaviour only, stage 2 all parts together.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include <coco/core/error.hpp>
#include <coco/sampling/batches.hpp>
#include <coco/sampling/settings.hpp>
#include <coco/store/parameter_layout.hpp>
#include <coco/train/adamw.hpp>

namespace coco {

/// Settings of both training stages.
struct Schedule {
    std::uint64_t seed = 1;
    AdamWConfig optimizer;
    NegativesFrom negatives = NegativesFrom::train;

    double rate = 1e-3;                 ///< stage 1
    sampling::BatchLimits batch;        ///< samples per step
    Index epochs = 200, patience = 10;  ///< maximum; stops after `patience` without better valid N@10

    Index joint_epochs = 3, joint_patience = 2;
    Index joint_batch = 16;        ///< users per step
    double joint_rate = 1e-4;      ///< backbone and items
    double knowledge_rate = 1e-3;  ///< prompts, decoupler, aligner
    double adapter_rate = 2e-4;
    Index warm_up = 20;        ///< joint steps over which rates rise linearly to these values
    Index joint_valid = 2000;  ///< maximum number of validation users after a joint epoch

    /// \throws Error naming the setting
    void check() const {
        require(rate > 0 && joint_rate > 0 && knowledge_rate > 0 && adapter_rate > 0, "schedule",
                "a rate is not positive");
        require(epochs >= 0 && joint_epochs >= 0, "schedule.epochs", "negative");
        require(patience >= 1 && joint_patience >= 1, "schedule.patience", "too small", "at least 1");
        require(joint_batch >= 1 && batch.samples >= 1, "schedule.batch", "too small", "at least 1");
    }

    /// One learning rate for each of the layout's groups.
    /// \param step  counts from 1 within the training stage
    void rates(const ParameterLayout& layout, TrainingStage stage, Index step, bool adapter_learns,
               std::vector<double>& out) const {
        const double ramp = stage == TrainingStage::joint && step < warm_up
                                ? static_cast<double>(step) / static_cast<double>(warm_up)
                                : 1;
        out.clear();
        for (const ParameterGroup& g : layout.groups()) {
            double r = 0;
            if (g.name == "behaviour" || g.name == "table")
                r = stage == TrainingStage::behaviour ? rate : joint_rate;
            else if (stage == TrainingStage::joint)
                r = g.name == "adapter" ? (adapter_learns ? adapter_rate : 0) : knowledge_rate;
            out.push_back(r * ramp);
        }
    }
};

}  // namespace coco
