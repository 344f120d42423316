// SPDX-License-Identifier: Apache-2.0
/// \file
/// Leave-one-out split: each user's last item is for testing, the one before it for validation, the others
/// for training. No held-out item may reach a model during training.
#pragma once

#include <algorithm>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include <coco/core/error.hpp>
#include <coco/core/random.hpp>
#include <coco/core/types.hpp>
#include <coco/data/interactions.hpp>

namespace coco::data {

/// One evaluation case: the model is to predict `target` from `history`.
struct Case {
    Id user;
    std::span<const Id> history;
    Id target;
    std::span<const float>
        ratings{};                    ///< of the history and, last, the target; empty where the data has none
    std::span<const double> times{};  ///< likewise
};

/// Evaluation cases over a shared store of sequences. A value type: copies share the immutable store.
class Cases {
public:
    Cases() : store_(std::make_shared<const Interactions>()) {}

    /// For each of `users` (rows of `store`): the target is the `held_out`-th item from the end (1: the last
    /// item), the history is all items before it.
    /// \throws Error where a user is not in the store, or has no more than `held_out` items
    Cases(std::shared_ptr<const Interactions> store, std::vector<Id> users, Index held_out)
        : store_(std::move(store)), users_(std::move(users)), held_out_(held_out) {
        if (held_out_ < 1)
            throw Error("cases", "held-out items out of range", "at least 1", text_of(held_out_));
        for (const Id user : users_) {
            if (user < 0 || user >= store_->users())
                throw Error("cases", "no such user", text_of("0 to ", store_->users() - 1), text_of(user));
            if (store_->length(user) <= held_out_)
                throw Error(text_of("user ", user), "too few items for a case",
                            text_of("more than ", held_out_), text_of(store_->length(user)));
        }
    }

    Index size() const { return static_cast<Index>(users_.size()); }

    Case operator[](Index i) const {
        const Id user = users_[static_cast<std::size_t>(i)];
        const std::span<const Id> all = store_->of(user);
        const std::size_t at = all.size() - static_cast<std::size_t>(held_out_);
        const auto to_target = [at](const auto& list) { return list.empty() ? list : list.first(at + 1); };
        return {user, all.first(at), all[at], to_target(store_->ratings_of(user)),
                to_target(store_->times_of(user))};
    }

    /// At most `count` of the cases, sampled without replacement by `seed`, in their original order.
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

/// Splits by the rule of the published files: all items of a user with fewer than 3 items stay in train and
/// the user is not evaluated. A user with a single train item is evaluated, although it gives no training
/// target.
inline Split leave_one_out(const Interactions& interactions) {
    Split split;
    std::vector<Id> evaluated;
    for (Id user = 0; user < interactions.users(); ++user) {
        const std::span<const Id> all = interactions.of(user);
        const bool is_evaluated = all.size() >= 3;
        const std::size_t kept = all.size() - (is_evaluated ? 2 : 0);
        const auto first = [kept](const auto& list) { return list.empty() ? list : list.first(kept); };
        split.train.add(first(all), first(interactions.ratings_of(user)), first(interactions.times_of(user)));
        if (is_evaluated) evaluated.push_back(user);
    }
    const auto store = std::make_shared<const Interactions>(interactions);
    split.valid = Cases(store, evaluated, 2);
    split.test = Cases(store, std::move(evaluated), 1);
    return split;
}

}  // namespace coco::data
