// SPDX-License-Identifier: Apache-2.0
/// \file
/// Items that a user did not take, drawn uniformly with a counter-based generator: a negative is a pure
/// function of (seed, step, row, slot), so the draws are the same on host and device and for any
/// number of threads.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include <coco/core/error.hpp>
#include <coco/core/random.hpp>
#include <coco/core/types.hpp>
#include <coco/data/interactions.hpp>
#include <coco/sampling/known_items.hpp>

namespace coco::sampling {

/// The r-th (from 0) of the items that are not in `excluded`, which is ascending without repeats. There are
/// excluded[i] - i allowed items before excluded[i]; this number never decreases, hence a binary search.
COCO_HD inline Id nth_allowed(Index r, const Id* excluded, Index count) {
    Index low = 0, high = count;
    while (low < high) {
        const Index mid = (low + high) / 2;
        if (excluded[mid] - mid <= r)
            low = mid + 1;
        else
            high = mid;
    }
    return static_cast<Id>(r + low);
}

/// A uniform draw from the items 0 .. items-1 that are not in `excluded` (ascending, no repeats, fewer than
/// `items`). It draws the index of the negative among the allowed items, so there is no rejection loop: a
/// user who took nearly all items costs as much as any other. Bias below items * 2^-64.
COCO_HD inline Id draw_negative(std::uint64_t seed, std::uint64_t step, std::uint64_t row, Index items,
                                const Id* excluded, Index count) {
    const std::uint64_t r = below(philox(seed, step, row), static_cast<std::uint64_t>(items - count));
    return nth_allowed(static_cast<Index>(r), excluded, count);
}

/// Each user's excluded items, sorted, and random draws from the other items.
class Negatives {
public:
    /// Excludes the items that a user took in training: the correct choice. A held-out item may be drawn.
    /// \throws Error where a user took every item, so that no negative exists
    static Negatives excluding_train(const data::Interactions& train, Index items) {
        return Negatives(train, items);
    }

    /// Excludes all items that a user ever took, including the validation and test items, as S3-Rec's
    /// published code does. This is a leak: of all items not in train, only the held-out ones never occur as
    /// negatives. Only for the reproduction of published numbers.
    static Negatives excluding_all_leaking(const data::Interactions& all, Index items) {
        return Negatives(all, items);
    }

    std::span<const Id> excluded(Id user) const { return sets_.of(user); }

    /// Negative number `slot` of `slots` for packed row `row` of step `step`.
    Id draw(Id user, std::uint64_t seed, std::uint64_t step, std::uint64_t row, std::uint64_t slot = 0,
            std::uint64_t slots = 1) const {
        const std::span<const Id> set = sets_.of(user);
        return draw_negative(seed, step, row * slots + slot, items_, set.data(),
                             static_cast<Index>(set.size()));
    }

    Index items() const { return items_; }

    /// All sets as one ragged list, the format for a device copy.
    const data::Interactions& sets() const { return sets_; }

private:
    Negatives(const data::Interactions& taken, Index items) : items_(items) {
        std::vector<Id> set;
        for (Id user = 0; user < taken.users(); ++user) {
            const std::span<const Id> all = taken.of(user);
            require_known_items(all, items, "negatives", user);
            set.assign(all.begin(), all.end());
            std::sort(set.begin(), set.end());
            set.erase(std::unique(set.begin(), set.end()), set.end());
            if (static_cast<Index>(set.size()) >= items)
                throw Error(text_of("user ", user), "no negative exists: every item was taken",
                            text_of("fewer than ", items, " items"), text_of(set.size()));
            sets_.add(set);
        }
    }

    data::Interactions sets_;
    Index items_;
};

}  // namespace coco::sampling
