// SPDX-License-Identifier: Apache-2.0
/// \file
/// Items a person did not take, drawn uniformly and by counter: a negative is a pure function of (seed, step,
/// row, slot), so host and device, one thread and many draw the same ones.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include <coco/core/error.hpp>
#include <coco/core/random.hpp>
#include <coco/core/types.hpp>
#include <coco/data/interactions.hpp>

namespace coco::sampling {

/// The r-th (from 0) of the items that are not in `excluded`, which is ascending without repeats.
/// Before excluded[i] there are excluded[i] - i allowed items, a number that never falls: a binary search.
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

/// A uniform draw among the items 0 .. items-1 that are not in `excluded` (ascending, no repeats, fewer than
/// `items`). It picks the rank of the negative among the allowed items, so that nothing is ever rejected and
/// drawn again: a person who knows nearly everything costs what others do. Bias below items * 2^-64.
COCO_HD inline Id draw_negative(std::uint64_t seed, std::uint64_t step, std::uint64_t row, Index items,
                                const Id* excluded, Index count) {
    const Quad quad = philox(seed, step, row);
    const std::uint64_t allowed = static_cast<std::uint64_t>(items - count);
    const std::uint64_t r = (quad.word[0] * allowed + ((quad.word[1] * allowed) >> 32)) >> 32;
    return nth_allowed(static_cast<Index>(r), excluded, count);
}

/// Each user's excluded items, sorted, and the draws among the others.
class Negatives {
public:
    /// Excludes what a user took in training: the honest choice. A held-out item may be drawn as a negative.
    /// \throws Error where a user took every item, so that no negative exists
    static Negatives excluding_train(const data::Interactions& train, Index items) {
        return Negatives(train, items);
    }

    /// Excludes what a user ever took, the validation and test items too, as S3-Rec's published code does.
    /// This is a leak: the held-out items are the only ones of the untaken that are never pushed down. For
    /// reproducing published numbers only.
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

    /// All sets as one ragged list, as a device copy wants them.
    const data::Interactions& sets() const { return sets_; }

private:
    Negatives(const data::Interactions& taken, Index items) : items_(items) {
        std::vector<Id> set;
        for (Id user = 0; user < taken.users(); ++user) {
            const std::span<const Id> all = taken.of(user);
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
