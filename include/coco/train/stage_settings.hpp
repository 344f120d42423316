// SPDX-License-Identifier: Apache-2.0
/// \file
/// The stages of a training run: what learns in each, at which rate, from which samples, and for how long.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include <coco/core/error.hpp>
#include <coco/core/settings.hpp>
#include <coco/core/types.hpp>
#include <coco/sampling/stage.hpp>
#include <coco/sampling/user_fold.hpp>
#include <coco/store/parameter_layout.hpp>

namespace coco {

/// The learning rate of one of the layout's parameter groups.
struct GroupRate {
    std::string group;
    double rate = 0;  ///< 0: the group keeps its values

    static auto settings(auto& c, auto&& visit) {
        return visit(setting("group", c.group), setting("rate", c.rate, between(0, 100)));
    }
};

/// One stage.
struct StageSettings {
    std::string name = "behaviour";  ///< a stage that the model's `step` knows, once in a list
    std::string sampler;             ///< one of the model's; empty: as `Sampling::samples` says
    double rate = 1e-3;              ///< of the groups that `rates` does not name
    std::vector<GroupRate> rates;
    Index epochs = 200, patience = 10;  ///< maximum; ends after `patience` without better validation N@10
    Index warm_up = 0;                  ///< steps over which the rates rise linearly to these values
    Index valid = -1;                   ///< maximum number of validation users after an epoch; -1: all; 0:
                                        ///< none, the weights of the last epoch stay
    UserFold users;                     ///< whose samples it learns from
    bool fresh = false;                 ///< the optimiser starts anew: its numbers and step counts become 0

    static auto settings(auto& c, auto&& visit) {
        return visit(setting("name", c.name), setting("sampler", c.sampler),
                     setting("rate", c.rate, between(0, 100)), setting("rates", c.rates),
                     setting("epochs", c.epochs, at_least(0)), setting("patience", c.patience, at_least(1)),
                     setting("warm_up", c.warm_up, at_least(0)), setting("valid", c.valid, at_least(-1)),
                     setting("users", c.users), setting("fresh", c.fresh));
    }

    /// The learning rate of a group after the warm-up.
    double rate_of(std::string_view group) const {
        const auto at =
            std::find_if(rates.begin(), rates.end(), [&](const auto& r) { return r.group == group; });
        return at == rates.end() ? rate : at->rate;
    }
    /// The share of the rates that applies at a step, counted from 1 within the stage.
    double ramp(Index step) const {
        return step < warm_up ? static_cast<double>(step) / static_cast<double>(warm_up) : 1;
    }
    /// One learning rate for each of the layout's groups. \param idle_group  whose update is skipped; -1:
    /// none
    void rates_at(Index step, const ParameterLayout& layout, int idle_group, std::vector<double>& out) const {
        out.clear();
        for (const ParameterGroup& g : layout.groups())
            out.push_back(static_cast<int>(out.size()) == idle_group ? 0 : rate_of(g.name) * ramp(step));
    }
};

/// \throws Error where two stages have one name, a name is too long, or a fold does not exist
[[gnu::cold]] inline void check_stages(const std::vector<StageSettings>& stages, const std::string& where) {
    for (std::size_t s = 0; s < stages.size(); ++s) {
        const std::string& name = stages[s].name;
        require(!name.empty() && name.size() <= TrainingStage::longest, text_of(where, "[", s, "].name"),
                "no name of a stage", text_of("1 to ", TrainingStage::longest, " characters"), name);
        const UserFold& users = stages[s].users;
        require(users.fold < users.folds, text_of(where, "[", s, "].users.fold"), "no such fold",
                text_of("below ", users.folds), text_of(users.fold));
        require(users.folds > 1 || !users.others, text_of(where, "[", s, "].users.others"),
                "there are no other folds", "2 folds or more");
        for (std::size_t other = 0; other < s; ++other)
            require(stages[other].name != name, text_of(where, "[", s, "].name"),
                    "another stage has this name", {}, name);
    }
}

}  // namespace coco
