// SPDX-License-Identifier: Apache-2.0
/// \file
/// An evaluation by groups of its cases: by how often the target was seen in training, or by the length of
/// the history. A mean over all cases does not tell who gains and who loses.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include <coco/core/error.hpp>
#include <coco/data/interactions.hpp>
#include <coco/data/split.hpp>
#include <coco/eval/metrics.hpp>

namespace coco {

/// The cases whose number is at least `from` and less than the next group's `from`.
struct CaseGroup {
    Index from;
    Metrics metrics;
};

/// \param numbers  one per case, in the order of the evaluation
/// \param from     lower ends of the groups, ascending; cases below the first are left out
/// \throws Error where there is not one number per case, or the lower ends do not ascend
inline std::vector<CaseGroup> grouped(const Metrics& metrics, std::span<const Index> numbers,
                                      std::span<const Index> from) {
    require(static_cast<Index>(numbers.size()) == metrics.count(), "groups of cases", "not one number a case",
            text_of(metrics.count(), " numbers"), text_of(numbers.size()));
    std::vector<CaseGroup> groups;
    for (const Index end : from) {
        require(groups.empty() || groups.back().from < end, "groups of cases", "lower ends do not ascend",
                text_of("above ", groups.empty() ? 0 : groups.back().from), text_of(end));
        groups.push_back({end, {}});
    }
    for (std::size_t i = 0; i < numbers.size(); ++i)
        for (std::size_t g = groups.size(); g-- > 0;)
            if (numbers[i] >= groups[g].from) {
                groups[g].metrics.add(metrics.ranks()[i]);
                break;
            }
    return groups;
}

/// How often each case's target occurs in `train`. \throws Error where an item is not one of `items`
inline std::vector<Index> target_occurrences(const data::Cases& cases, const data::Interactions& train,
                                             Index items) {
    const std::vector<Index> counts = train.counts(items);
    std::vector<Index> numbers;
    for (Index i = 0; i < cases.size(); ++i) {
        const Id target = cases[i].target;
        require(target >= 0 && target < items, "target of a case", "no such item",
                text_of("0 to ", items - 1), text_of(target));
        numbers.push_back(counts[static_cast<std::size_t>(target)]);
    }
    return numbers;
}

/// The length of each case's history.
inline std::vector<Index> history_lengths(const data::Cases& cases) {
    std::vector<Index> numbers;
    for (Index i = 0; i < cases.size(); ++i) numbers.push_back(static_cast<Index>(cases[i].history.size()));
    return numbers;
}

}  // namespace coco
