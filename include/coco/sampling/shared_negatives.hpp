// SPDX-License-Identifier: Apache-2.0
/// \file
/// Negatives that all targets of a batch share: drawn with replacement, uniformly, by popularity, or among
/// the batch's own targets. A draw is a pure function of (seed, step, slot).
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include <coco/core/error.hpp>
#include <coco/core/random.hpp>
#include <coco/core/types.hpp>
#include <coco/data/interactions.hpp>
#include <coco/sampling/host_batch.hpp>
#include <coco/sampling/known_items.hpp>
#include <coco/sampling/shared_draw.hpp>

namespace coco::sampling {

/// Draws the shared negatives of batches.
class SharedNegatives {
public:
    /// \param train  whose targets, all items of a history but the first, give the popularity
    /// \throws Error where there is no target to count and the draw is by popularity
    SharedNegatives(SharedDraw draw, const data::Interactions& train, Index items)
        : draw_(draw), items_(items) {
        if (draw.from == DrawnFrom::uniform) return;
        up_to_.assign(static_cast<std::size_t>(items), 0);
        for (Id user = 0; user < train.users(); ++user) {
            const std::span<const Id> all = train.of(user);
            require_known_items(all, items, "shared negatives", user);
            for (const Id item : all.subspan(all.empty() ? 0 : 1)) ++up_to_[static_cast<std::size_t>(item)];
        }
        for (std::size_t i = 1; i < up_to_.size(); ++i) up_to_[i] += up_to_[i - 1];
        require(up_to_.back() > 0, "shared negatives", "no item is popular: no history has a target",
                "a history of at least 2 items");
    }

    /// Fills `b.shared` with `count` items, and gives each item drawn and each target its chance a draw, as
    /// `weight / b.shared_total`. \param step  of the whole training run
    void operator()(HostBatch& b, std::uint64_t seed, std::uint64_t step) const {
        b.shared.clear();
        b.shared_weight.clear();
        b.target_weight.clear();
        b.shared_total = draw_.from == DrawnFrom::uniform ? items_ : up_to_.back();
        const Index count = b.targets() == 0 ? 0 : draw_.count;
        for (Index slot = 0; slot < count; ++slot) {
            const std::uint64_t at = std::uint64_t{0x736861726564} << 16 | static_cast<std::uint64_t>(slot);
            const Id item = pick(b, philox(seed, step, at));
            b.shared.push_back(item);
            b.shared_weight.push_back(weight(item));
        }
        for (const Id item : b.target_item) b.target_weight.push_back(weight(item));
        b.by_shared.build(b.shared, items_);
    }

private:
    Id pick(const HostBatch& b, const Quad& bits) const {
        const auto one_of = [&](Index n) {
            return static_cast<Index>(below(bits, static_cast<std::uint64_t>(n)));
        };
        if (draw_.from == DrawnFrom::uniform) return static_cast<Id>(one_of(items_));
        if (draw_.from == DrawnFrom::in_batch)
            return b.target_item[static_cast<std::size_t>(one_of(b.targets()))];
        return static_cast<Id>(std::upper_bound(up_to_.begin(), up_to_.end(), one_of(up_to_.back())) -
                               up_to_.begin());
    }

    /// At least 1: a target that train does not have still has a logarithm.
    Id weight(Id item) const {
        if (up_to_.empty()) return 1;
        const std::size_t i = static_cast<std::size_t>(item);
        return static_cast<Id>(std::max<Index>(1, up_to_[i] - (i > 0 ? up_to_[i - 1] : 0)));
    }

    SharedDraw draw_;
    Index items_;
    std::vector<Index> up_to_;  ///< targets that are this item or one before it; empty: uniform
};

}  // namespace coco::sampling
