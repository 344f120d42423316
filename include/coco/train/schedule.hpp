// SPDX-License-Identifier: Apache-2.0
/// \file
/// What is trained when, and at which rate: stage 1 trains behaviour only, stage 2 all parts together.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include <coco/core/error.hpp>
#include <coco/core/settings.hpp>
#include <coco/sampling/batches.hpp>
#include <coco/sampling/epoch_sampler.hpp>
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

    static auto settings(auto& c, auto&& visit) {
        return visit(setting("seed", c.seed, any_natural), setting("optimizer", c.optimizer),
                     setting("negatives", c.negatives), setting("rate", c.rate, above(0, 100)),
                     setting("batch", c.batch), setting("epochs", c.epochs, at_least(0)),
                     setting("patience", c.patience, at_least(1)),
                     setting("joint_epochs", c.joint_epochs, at_least(0)),
                     setting("joint_patience", c.joint_patience, at_least(1)),
                     setting("joint_batch", c.joint_batch, at_least(1)),
                     setting("joint_rate", c.joint_rate, above(0, 100)),
                     setting("knowledge_rate", c.knowledge_rate, above(0, 100)),
                     setting("adapter_rate", c.adapter_rate, above(0, 100)),
                     setting("warm_up", c.warm_up, at_least(0)),
                     setting("joint_valid", c.joint_valid, at_least(0)));
    }

    EpochSettings for_epochs(bool needs_negatives) const {
        return {seed, batch, joint_batch, needs_negatives, negatives};
    }
    Index epochs_of(TrainingStage stage) const {
        return stage == TrainingStage::behaviour ? epochs : joint_epochs;
    }
    Index patience_of(TrainingStage stage) const {
        return stage == TrainingStage::behaviour ? patience : joint_patience;
    }

    /// \param uses_knowledge  whether the joint stage belongs to the model, with however many epochs
    ///
    /// \throws Error where the layout has a group that no training stage trains, and that may not stay
    /// untrained
    void require_trained(const ParameterLayout& layout, bool uses_knowledge) const {
        for (const ParameterGroup& g : layout.groups())
            require(g.use == GroupUse::may_stay_untrained || g.begin == g.end || g.name == "behaviour" ||
                        g.name == "table" || uses_knowledge || joint_epochs > 0,
                    "parameter group " + g.name, "no training stage trains it",
                    "\"behaviour\", the group in which parts claim their tensors, or "
                    "coco::GroupUse::may_stay_untrained where it is opened");
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
