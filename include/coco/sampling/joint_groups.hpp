// SPDX-License-Identifier: Apache-2.0
/// \file
/// The sampler of joint training: groups of a user and a cut, whose knowledge is extracted before the cut and
/// used after it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include <coco/core/order.hpp>
#include <coco/core/random.hpp>
#include <coco/sampling/sampler.hpp>

namespace coco::sampling {

/// Users with at least two train items, one group each an epoch.
/// \tparam Kind  `name`, `shows_later_items`, and `fill`, the function of `BatchBuilder` that makes the
/// groups
template <class Kind>
class Groups {
public:
    static constexpr const char* name = Kind::name;

    explicit Groups(const SamplerParts& parts) : parts_(parts) {}

    static bool shows_later_items(const Sampling& settings) { return Kind::shows_later_items(settings); }

    void prepare(HostBatch& b, const data::Interactions& train) {
        b.clear();
        users_.clear();
        for (Id user = 0; user < static_cast<Id>(train.users()); ++user)
            if (train.length(user) >= 2) users_.push_back(user);
        std::vector<Index> shorter;
        for (const Id user : users_) shorter.push_back(-train.length(user));
        std::vector<Id> longest = in_order(users_, ascending(shorter));
        longest.resize(std::min(longest.size(), static_cast<std::size_t>(parts_.joint_batch)));
        if (!longest.empty())
            (parts_.builder.*Kind::fill)(b, train, longest, parts_.text, parts_.negatives, 0, 0, 0);
    }

    Index begin_epoch(Index epoch) {
        epoch_ = static_cast<std::uint64_t>(epoch);
        order_ = users_;
        RandomStream(parts_.seed, (std::uint64_t{0x6a6f696e74} << 16) + epoch_).shuffle(order_);
        return (static_cast<Index>(order_.size()) + parts_.joint_batch - 1) / parts_.joint_batch;
    }

    void fill(HostBatch& b, const data::Interactions& train, Index batch, std::uint64_t step) {
        const std::size_t size = static_cast<std::size_t>(parts_.joint_batch);
        const std::size_t first = static_cast<std::size_t>(batch) * size;
        const std::size_t count = std::min(size, order_.size() - first);
        (parts_.builder.*Kind::fill)(b, train, std::span<const Id>(order_).subspan(first, count), parts_.text,
                                     parts_.negatives, parts_.seed, epoch_, step);
    }

private:
    SamplerParts parts_;
    std::uint64_t epoch_ = 0;
    std::vector<Id> users_, order_;
};

struct JointKind {
    static constexpr const char* name = "joint";
    static bool shows_later_items(const Sampling& settings) { return settings.samples == Samples::positions; }
    static constexpr auto fill = &BatchBuilder::joint;
};
struct HeldBackKind {
    static constexpr const char* name = "held back groups";
    static bool shows_later_items(const Sampling&) { return false; }
    static constexpr auto fill = &BatchBuilder::held_back;
};

/// \see BatchBuilder::joint
using JointGroups = Groups<JointKind>;
/// Each user's newest train item, from the knowledge of those before it. \see BatchBuilder::held_back
using HeldBackGroups = Groups<HeldBackKind>;

}  // namespace coco::sampling
