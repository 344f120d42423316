// SPDX-License-Identifier: Apache-2.0
/// \file
/// What is trained when, and at which rate: by default stage 1 trains behaviour only, stage 2 all parts
/// together.
#pragma once

#include <algorithm>
#include <vector>

#include <coco/core/error.hpp>
#include <coco/core/settings.hpp>
#include <coco/sampling/batches.hpp>
#include <coco/sampling/settings.hpp>
#include <coco/store/parameter_layout.hpp>
#include <coco/train/stage_settings.hpp>

namespace coco {

/// Settings of the training stages.
struct Schedule {
    std::uint64_t seed = 1;
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

    /// Stages of your own, in their order; empty: behaviour, then joint, by the numbers above.
    std::vector<StageSettings> stages;

    static auto settings(auto& c, auto&& visit) {
        return visit(setting("seed", c.seed, any_natural), setting("negatives", c.negatives),
                     setting("rate", c.rate, above(0, 100)), setting("batch", c.batch),
                     setting("epochs", c.epochs, at_least(0)), setting("patience", c.patience, at_least(1)),
                     setting("joint_epochs", c.joint_epochs, at_least(0)),
                     setting("joint_patience", c.joint_patience, at_least(1)),
                     setting("joint_batch", c.joint_batch, at_least(1)),
                     setting("joint_rate", c.joint_rate, above(0, 100)),
                     setting("knowledge_rate", c.knowledge_rate, above(0, 100)),
                     setting("adapter_rate", c.adapter_rate, above(0, 100)),
                     setting("warm_up", c.warm_up, at_least(0)),
                     setting("joint_valid", c.joint_valid, at_least(0)), setting("stages", c.stages));
    }

    /// The stages of a run: those given, or the paper's two: behaviour, and all parts together.
    /// \param uses_knowledge  whether the model has parts that only the joint stage trains
    [[gnu::cold]] std::vector<StageSettings> stages_of(const ParameterLayout& layout,
                                                       bool uses_knowledge) const {
        if (!stages.empty()) return stages;
        StageSettings first, second;
        first.epochs = epochs;
        first.patience = patience;
        first.rate = second.rate = 0;
        second.name = "joint";
        second.sampler = "joint";
        second.epochs = joint_epochs;
        second.patience = joint_patience;
        second.warm_up = warm_up;
        second.valid = joint_valid;
        for (const ParameterGroup& g : layout.groups()) {
            // A model of one part opens no group of its own, or one of any name.
            const bool of_behaviour = g.name == "behaviour" || g.name == "table";
            const bool learns = of_behaviour || (!uses_knowledge && g.use == GroupUse::is_trained);
            first.rates.push_back({g.name, learns ? rate : 0});
            second.rates.push_back({g.name, learns                ? joint_rate
                                            : g.name == "adapter" ? adapter_rate
                                                                  : knowledge_rate});
        }
        return {first, second};
    }

    /// \throws Error where the layout has a group that no stage trains, and that may not stay untrained;
    /// where a stage names a group that does not exist
    [[gnu::cold]] void require_trained(const ParameterLayout& layout, bool uses_knowledge) const {
        check_stages(stages, "schedule.stages");
        const std::vector<StageSettings> all = stages_of(layout, uses_knowledge);
        for (const ParameterGroup& g : layout.groups()) {
            const auto trains = [&](const StageSettings& s) {
                return s.rate_of(g.name) > 0 && (s.epochs > 0 || stages.empty());
            };
            require(
                g.use == GroupUse::may_stay_untrained || g.begin == g.end ||
                    std::any_of(all.begin(), all.end(), trains),
                "parameter group " + g.name, "no training stage trains it",
                "a rate above 0 in one of schedule.stages, or coco::GroupUse::may_stay_untrained where the "
                "group is opened");
        }
        for (const StageSettings& s : stages)
            for (const GroupRate& r : s.rates) static_cast<void>(layout.group_index(r.group));
    }
};

}  // namespace coco
