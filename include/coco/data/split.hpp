// SPDX-License-Identifier: Apache-2.0
/// \file
/// Leave one out: of each person the last item is for testing, the one before it for validation, the rest for
/// training. Nothing of a held-out item may reach a model that is being trained.
#pragma once

#include <algorithm>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include <coco/core/random.hpp>
#include <coco/core/types.hpp>
#include <coco/data/interactions.hpp>

namespace coco::data {

/// One question put to a model: after `history`, when does it name `target`?
struct Case {
    Id user;
    std::span<const Id> history;
    Id target;
};

/// Questions over one shared store of sequences. A value: copies share the store, which never changes.
class Cases {
public:
    Cases() : store_(std::make_shared<const Interactions>()) {}

    /// For each of `users` (rows of `store`): the target is the item `held_out` places from the end (1: the
    /// last), the history all before it. Every user must have more than `held_out` items.
    Cases(std::shared_ptr<const Interactions> store, std::vector<Id> users, Index held_out)
        : store_(std::move(store)), users_(std::move(users)), held_out_(held_out) {}

    Index size() const { return static_cast<Index>(users_.size()); }

    Case operator[](Index i) const {
        const Id user = users_[static_cast<std::size_t>(i)];
        const std::span<const Id> all = store_->of(user);
        const std::size_t at = all.size() - static_cast<std::size_t>(held_out_);
        return {user, all.first(at), all[at]};
    }

    /// At most `count` of the cases, drawn by `seed` without replacement, in their old order.
    Cases sample(Index count, std::uint64_t seed) const {
        if (count >= size()) return *this;
        std::vector<Id> chosen = users_;
        RandomStream(seed, stream).shuffle(chosen);
        chosen.resize(static_cast<std::size_t>(count));
        std::sort(chosen.begin(), chosen.end());
        return Cases(store_, std::move(chosen), held_out_);
    }

private:
    static constexpr std::uint64_t stream = 0x6361736573;

    std::shared_ptr<const Interactions> store_;
    std::vector<Id> users_;
    Index held_out_ = 1;
};

/// The three parts. Users keep their identifiers in all of them.
struct Split {
    Interactions train;
    Cases valid;  ///< history = the train items
    Cases test;   ///< history = train and validation items
};

/// Splits by the rule of the published files: a user with fewer than 3 items stays in train whole and is not
/// evaluated; one with a single train item is evaluated, though it has no target to train on.
inline Split leave_one_out(const Interactions& interactions) {
    Split split;
    std::vector<Id> evaluated;
    for (Id user = 0; user < interactions.users(); ++user) {
        const std::span<const Id> all = interactions.of(user);
        if (all.size() < 3) {
            split.train.add(all);
        } else {
            split.train.add(all.first(all.size() - 2));
            evaluated.push_back(user);
        }
    }
    const auto store = std::make_shared<const Interactions>(interactions);
    split.valid = Cases(store, evaluated, 2);
    split.test = Cases(store, std::move(evaluated), 1);
    return split;
}

}  // namespace coco::data
