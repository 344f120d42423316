// SPDX-License-Identifier: Apache-2.0
/// \file
/// The part of a report that tells who gains: test metrics by popularity of the target and by length of the
/// history.
#pragma once

#include <algorithm>
#include <span>
#include <vector>

#include <coco/eval/groups.hpp>

#include "experiment/report.hpp"

namespace experiment {

/// [{"from": n, "questions": n, "test": {...}, "base": {...}}, ...]: means over seeds; "base" is the end of
/// stage 1.
inline Json groups_by(std::span<const Index> numbers, const std::vector<Index>& from,
                      const std::vector<Result>& results) {
    std::vector<std::vector<coco::CaseGroup>> test, base;
    for (const Result& r : results) {
        test.push_back(coco::grouped(r.test, numbers, from));
        if (r.base_test) base.push_back(coco::grouped(*r.base_test, numbers, from));
    }
    Json out = Json::array();
    for (std::size_t g = 0; g < from.size(); ++g) {
        const auto mean = [&](const std::vector<std::vector<coco::CaseGroup>>& seeds) {
            std::vector<const coco::Metrics*> all;
            for (const auto& groups : seeds) all.push_back(&groups[g].metrics);
            return over_seeds(all)["mean"];
        };
        Json row{{"from", from[g]}, {"questions", test.at(0)[g].metrics.count()}, {"test", mean(test)}};
        if (base.size() == test.size()) row["base"] = mean(base);
        out.push_back(std::move(row));
    }
    return out;
}

inline Json groups_of(const coco::data::Split& split, Index items, const std::vector<Result>& results) {
    const std::vector<Index> occurrences = coco::target_occurrences(split.test, split.train, items),
                             lengths = coco::history_lengths(split.test);
    return {{"by_target_occurrences", groups_by(occurrences, {0, 3, 6, 11, 21, 51}, results)},
            {"by_history_length", groups_by(lengths, {0, 4, 6, 11, 21}, results)}};
}

}  // namespace experiment
