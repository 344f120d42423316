// SPDX-License-Identifier: Apache-2.0
/// \file
/// PopRec: every user is recommended the most popular items. The minimum that every model must exceed, and a
/// joint test of data, split and tie rule, as its numbers under published protocols are known.
#pragma once

#include <algorithm>
#include <span>
#include <vector>

#include <coco/core/order.hpp>
#include <coco/core/types.hpp>
#include <coco/data/interactions.hpp>

namespace coco::baseline {

/// An item and its number of interactions in training.
struct Popular {
    Id item;
    Index count;
};

/// Popularity of the items 0 .. items-1 in the train part. Const after construction, so re-entrant.
class Popularity {
public:
    /// \throws Error where an item is not one of them
    Popularity(const data::Interactions& train, Index items) : counts_(train.counts(items)) {
        std::vector<Index> rarer;
        for (const Index taken : counts_) rarer.push_back(-taken);
        for (const std::size_t item : ascending(rarer)) by_count_.push_back(static_cast<Id>(item));
    }

    Index count(Id item) const { return counts_[static_cast<std::size_t>(item)]; }

    /// The rank of `target` among the items not in `history`: 1 + the number of more popular items + half of
    /// the others of equal popularity. The target itself is never left out.
    double rank_of(std::span<const Id> history, Id target) const {
        const Index own = count(target);
        const auto first_equal = std::partition_point(by_count_.begin(), by_count_.end(),
                                                      [&](Id item) { return count(item) > own; });
        const auto first_less =
            std::partition_point(first_equal, by_count_.end(), [&](Id item) { return count(item) == own; });
        Index greater = first_equal - by_count_.begin(), equal = first_less - first_equal - 1;
        std::vector<Id> known(history.begin(), history.end());
        std::sort(known.begin(), known.end());
        known.erase(std::unique(known.begin(), known.end()), known.end());
        for (const Id item : known) {
            if (item == target) continue;
            greater -= count(item) > own ? 1 : 0;
            equal -= count(item) == own ? 1 : 0;
        }
        return 1.0 + static_cast<double>(greater) + 0.5 * static_cast<double>(equal);
    }

    /// The k most popular items that are neither in `history` nor in `exclude`, best first, ties by lower
    /// identifier; fewer if there are not enough items.
    std::vector<Popular> recommend(std::span<const Id> history, Index k,
                                   std::span<const Id> exclude = {}) const {
        std::vector<Id> out(history.begin(), history.end());
        out.insert(out.end(), exclude.begin(), exclude.end());
        std::sort(out.begin(), out.end());
        std::vector<Popular> best;
        for (const Id item : by_count_) {
            if (static_cast<Index>(best.size()) >= k) break;
            if (!std::binary_search(out.begin(), out.end(), item)) best.push_back({item, count(item)});
        }
        return best;
    }

private:
    std::vector<Index> counts_;
    std::vector<Id> by_count_;
};

}  // namespace coco::baseline
