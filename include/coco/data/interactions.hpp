// SPDX-License-Identifier: Apache-2.0
/// \file
/// The items of each user in time order: one ragged list with one segment per user; with ratings and times of
/// the interactions where they are known.
#pragma once

#include <algorithm>
#include <span>
#include <vector>

#include <coco/core/error.hpp>
#include <coco/core/types.hpp>

namespace coco::data {

/// Users 0 .. users()-1, each with items in time order, the oldest first.
class Interactions {
public:
    /// Appends the next user; an empty sequence is allowed. Returns the user's identifier.
    /// \param ratings  one per item (NaN: unknown), or empty
    /// \param times    one per item, or empty
    /// \throws Error where these are neither one per item nor absent for all users
    Id add(std::span<const Id> sequence, std::span<const float> ratings = {},
           std::span<const double> times = {}) {
        check(ratings_.empty(), ratings.size(), sequence.size(), "ratings");
        check(times_.empty(), times.size(), sequence.size(), "times");
        ratings_.insert(ratings_.end(), ratings.begin(), ratings.end());
        times_.insert(times_.end(), times.begin(), times.end());
        items_.insert(items_.end(), sequence.begin(), sequence.end());
        offsets_.push_back(static_cast<Index>(items_.size()));
        return static_cast<Id>(users() - 1);
    }

    Index users() const { return static_cast<Index>(offsets_.size()) - 1; }

    /// The number of interactions.
    Index size() const { return static_cast<Index>(items_.size()); }

    std::span<const Id> of(Id user) const { return segment(items_, user); }

    Index length(Id user) const { return static_cast<Index>(of(user).size()); }

    /// The ratings of a user's items (NaN: unknown); empty where the data has none.
    std::span<const float> ratings_of(Id user) const { return segment(ratings_, user); }

    /// The times of a user's items, in the unit of the data; empty where the data has none.
    std::span<const double> times_of(Id user) const { return segment(times_, user); }

    /// users()+1 offsets into `items()`.
    const std::vector<Index>& offsets() const { return offsets_; }
    const std::vector<Id>& items() const { return items_; }

    /// Beside `items()`; empty where the data has none.
    const std::vector<float>& ratings() const { return ratings_; }
    const std::vector<double>& times() const { return times_; }

    /// The number of interactions of each of `item_count` items.
    /// \throws Error where an item is not one of them
    std::vector<Index> counts(Index item_count) const {
        std::vector<Index> counts(static_cast<std::size_t>(item_count), 0);
        for (Id user = 0; user < users(); ++user)
            for (const Id item : of(user)) {
                if (item < 0 || item >= item_count)
                    throw Error(text_of("interactions, user ", user), "no such item",
                                text_of("0 to ", item_count - 1), text_of(item));
                ++counts[static_cast<std::size_t>(item)];
            }
        return counts;
    }

private:
    template <class T>
    std::span<const T> segment(const std::vector<T>& all, Id user) const {
        if (all.empty()) return {};
        const std::size_t u = static_cast<std::size_t>(user);
        return {all.data() + offsets_[u], static_cast<std::size_t>(offsets_[u + 1] - offsets_[u])};
    }
    /// Whether `more` ratings or times fit to as many `items`, and to the users before (`none`: they have
    /// none).
    void check(bool none, std::size_t more, std::size_t items, const char* what) const {
        if (more != items && !(more == 0 && none))
            throw Error(what, "not one for each item", text_of(items), text_of(more));
        if (more > 0 && none && !items_.empty()) throw Error(what, "present for some users only");
    }

    std::vector<Index> offsets_{0};
    std::vector<Id> items_;
    std::vector<float> ratings_;
    std::vector<double> times_;
};

}  // namespace coco::data
