// SPDX-License-Identifier: Apache-2.0
/// \file
/// Diagnostics of joint training, which reveal a part of the pipeline that has no effect.
#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <string>
#include <type_traits>
#include <vector>

#include <coco/core/error.hpp>
#include <coco/core/settings.hpp>
#include <coco/pipeline/sequential_recommender.hpp>

namespace coco {

/// The number of codes among which a model's prompts are selected; 0 where none are.
template <class Model>
Index code_count(const Model& model) {
    if constexpr (Model::uses_knowledge)
        if constexpr (std::remove_cvref_t<decltype(model.prompt())>::selects_codes)
            return model.prompt().codes().rows;
    return 0;
}

/// Sums over the joint steps of an epoch, as numbers that a checkpoint can store.
struct TrainingDiagnostics {
    Index steps = 0, targets = 0, groups = 0, open_groups = 0, prompts = 0, at_cap = 0;
    std::vector<Index> uses;  ///< per code
    std::array<double, StepMetrics::entries> metrics{};

    static auto settings(auto& c, auto&& visit) {
        return visit(setting("steps", c.steps, at_least(0)), setting("targets", c.targets, at_least(0)),
                     setting("groups", c.groups, at_least(0)),
                     setting("open_groups", c.open_groups, at_least(0)),
                     setting("prompts", c.prompts, at_least(0)), setting("at_cap", c.at_cap, at_least(0)),
                     setting("uses", c.uses, at_least(0)), setting("ledger", c.metrics, any_number));
    }

    /// \throws Error where the counts contradict each other
    void check(const std::string& where) const {
        const auto at_most = [&](const char* name, Index value, Index most) {
            require(value <= most, where + name, "out of range", text_of("0 to ", most), text_of(value));
        };
        // A group has a target, and prompts: a shared one and one for each code in use.
        at_most(".groups", groups, targets);
        at_most(".open_groups", open_groups, groups);
        at_most(".at_cap", at_cap, groups);
        at_most(".groups", groups, prompts);
        if (uses.empty()) return;
        Index codes = 0;
        for (const Index u : uses) codes += u;
        require(codes == prompts - groups, where + ".uses", "not the codes of the prompts",
                text_of(prompts - groups, " in all"), text_of(codes));
    }

    void clear(Index codes) {
        std::vector<Index> kept = std::move(uses);
        *this = {};
        uses = std::move(kept);
        uses.assign(static_cast<std::size_t>(codes), 0);
    }
    void add(const StepReport& r) {
        ++steps;
        targets += r.targets;
        groups += r.groups;
        open_groups += r.open_groups;
        prompts += r.prompts;
        at_cap += r.at_cap;
        for (const Id c : r.codes) ++uses[static_cast<std::size_t>(c)];
    }

    static double ratio(double a, double b) { return b > 0 ? a / b : 0; }

    /// Mean total loss of a step.
    double loss() const {
        return ratio(metrics[StepMetrics::rec] + metrics[StepMetrics::aux] +
                         metrics[StepMetrics::quantization] + metrics[StepMetrics::orthogonality],
                     static_cast<double>(steps));
    }
    /// Share of the targets with knowledge for which M = 1.
    double mean_m() const {
        return ratio(metrics[StepMetrics::agreed], metrics[StepMetrics::with_knowledge]);
    }
    /// Codes per user, without the shared prompt.
    double codes_per_user() const {
        return ratio(static_cast<double>(prompts - groups), static_cast<double>(groups));
    }
    /// Share of users whose number of codes reached the maximum.
    double share_at_cap() const { return ratio(static_cast<double>(at_cap), static_cast<double>(groups)); }
    /// |a - h| / |h|, as root mean square over targets.
    double moved() const {
        return std::sqrt(ratio(metrics[StepMetrics::moved], metrics[StepMetrics::length]));
    }
    /// exp of the entropy of code use: the effective number of codes in use.
    double perplexity() const {
        double all = 0, entropy = 0;
        for (const Index u : uses) all += static_cast<double>(u);
        for (const Index u : uses)
            if (u > 0) entropy -= static_cast<double>(u) / all * std::log(static_cast<double>(u) / all);
        return all > 0 ? std::exp(entropy) : 0;
    }
};

}  // namespace coco
