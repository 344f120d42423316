// SPDX-License-Identifier: Apache-2.0
/// \file
/// Samplers of next-item targets: of every prefix by itself, and of every position of a window in one pass.
#pragma once

#include <cstdint>
#include <vector>

#include <coco/sampling/batches.hpp>
#include <coco/sampling/sampler.hpp>
#include <coco/sampling/samples.hpp>

namespace coco::sampling {

/// Batches of samples that are listed once.
/// \tparam List  `name`, and `static std::vector<Sample> list(train, window)`; it may have
/// `shows_later_items`
template <class List>
class ListedSamples {
public:
    static constexpr const char* name = List::name;
    static constexpr double room = 1;

    explicit ListedSamples(const SamplerParts& parts) : parts_(parts) {}

    static bool shows_later_items(const Sampling& settings) {
        return sampling::shows_later_items<List>(settings);
    }

    void prepare(HostBatch& b, const data::Interactions& train) {
        b.clear();
        samples_ = List::list(train, parts_.builder.sampling().window);
        if (!samples_.empty())
            parts_.builder.behaviour(b, train, largest_batch(samples_, parts_.batch), parts_.negatives, 0, 0);
    }
    Index begin_epoch(Index epoch) {
        batches_ = Batches::of_epoch(samples_, parts_.batch, parts_.seed, static_cast<std::uint64_t>(epoch));
        return batches_.size();
    }
    void fill(HostBatch& b, const data::Interactions& train, Index batch, std::uint64_t step) {
        chosen_.clear();
        for (const Index i : batches_[batch]) chosen_.push_back(samples_[static_cast<std::size_t>(i)]);
        parts_.builder.behaviour(b, train, chosen_, parts_.negatives, parts_.seed, step);
    }

private:
    SamplerParts parts_;
    std::vector<Sample> samples_, chosen_;
    Batches batches_;
};

struct PrefixList {
    static constexpr const char* name = "prefixes";
    static std::vector<Sample> list(const data::Interactions& train, Index window) {
        return every_prefix(train, window);
    }
};
struct PositionList {
    static constexpr const char* name = "positions";
    static bool shows_later_items(const Sampling&) { return true; }
    static std::vector<Sample> list(const data::Interactions& train, Index window) {
        return every_position(train, window);
    }
};

struct OlderPrefixList {
    static constexpr const char* name = "older prefixes";
    static std::vector<Sample> list(const data::Interactions& train, Index window) {
        return without_newest(every_prefix(train, window), train);
    }
};
struct OlderPositionList {
    static constexpr const char* name = "older positions";
    static bool shows_later_items(const Sampling&) { return true; }
    static std::vector<Sample> list(const data::Interactions& train, Index window) {
        return without_newest(every_position(train, window), train);
    }
};
struct HeldBackList {
    static constexpr const char* name = "held back";
    static std::vector<Sample> list(const data::Interactions& train, Index window) {
        return newest(train, window);
    }
};

/// Each prefix of a history, as in evaluation.
using Prefixes = ListedSamples<PrefixList>;
/// Every position of a window in one pass.
using EveryPosition = ListedSamples<PositionList>;

/// The same two without each user's newest train item, which is held back for `HeldBack`: targets that the
/// model has not fitted.
using OlderPrefixes = ListedSamples<OlderPrefixList>;
using OlderPositions = ListedSamples<OlderPositionList>;
using HeldBack = ListedSamples<HeldBackList>;

}  // namespace coco::sampling
