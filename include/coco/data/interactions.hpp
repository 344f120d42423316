// SPDX-License-Identifier: Apache-2.0
/// \file
/// The items of each user in time order: one ragged list with one segment per user.
#pragma once

#include <algorithm>
#include <span>
#include <vector>

#include <coco/core/types.hpp>

namespace coco::data {

/// Users 0 .. users()-1, each with items in time order, the oldest first.
class Interactions {
public:
    /// Appends the next user; an empty sequence is allowed. Returns the user's identifier.
    Id add(std::span<const Id> sequence) {
        items_.insert(items_.end(), sequence.begin(), sequence.end());
        offsets_.push_back(static_cast<Index>(items_.size()));
        return static_cast<Id>(users() - 1);
    }

    Index users() const { return static_cast<Index>(offsets_.size()) - 1; }

    /// The number of interactions.
    Index size() const { return static_cast<Index>(items_.size()); }

    std::span<const Id> of(Id user) const {
        const std::size_t u = static_cast<std::size_t>(user);
        return {items_.data() + offsets_[u], static_cast<std::size_t>(offsets_[u + 1] - offsets_[u])};
    }

    Index length(Id user) const { return static_cast<Index>(of(user).size()); }

    /// users()+1 offsets into `items()`.
    const std::vector<Index>& offsets() const { return offsets_; }
    const std::vector<Id>& items() const { return items_; }

    /// The number of interactions of each of `item_count` items.
    std::vector<Index> counts(Index item_count) const {
        std::vector<Index> counts(static_cast<std::size_t>(item_count), 0);
        for (const Id item : items_) ++counts[static_cast<std::size_t>(item)];
        return counts;
    }

private:
    std::vector<Index> offsets_{0};
    std::vector<Id> items_;
};

}  // namespace coco::data
