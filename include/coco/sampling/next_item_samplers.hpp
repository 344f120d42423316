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
class ListedSamples : public Sampler {
public:
    explicit ListedSamples(const SamplerParts& parts) : parts_(parts) {}

    void prepare(HostBatch& b, const data::Interactions& train) override {
        b.clear();
        samples_ = list(train, parts_.builder.sampling().window);
        if (!samples_.empty())
            parts_.builder.behaviour(b, train, largest_batch(samples_, parts_.batch), parts_.negatives, 0, 0);
    }
    double room() const override { return 1; }
    Index begin_epoch(Index epoch) override {
        batches_ = Batches::of_epoch(samples_, parts_.batch, parts_.seed, static_cast<std::uint64_t>(epoch));
        return batches_.size();
    }
    void fill(HostBatch& b, const data::Interactions& train, Index batch, std::uint64_t step) override {
        chosen_.clear();
        for (const Index i : batches_[batch]) chosen_.push_back(samples_[static_cast<std::size_t>(i)]);
        parts_.builder.behaviour(b, train, chosen_, parts_.negatives, parts_.seed, step);
    }

private:
    virtual std::vector<Sample> list(const data::Interactions& train, Index window) const = 0;

    SamplerParts parts_;
    std::vector<Sample> samples_, chosen_;
    Batches batches_;
};

/// Each prefix of a history, as in evaluation.
class Prefixes : public ListedSamples {
public:
    static constexpr const char* name = "prefixes";
    using ListedSamples::ListedSamples;

private:
    std::vector<Sample> list(const data::Interactions& train, Index window) const override {
        return every_prefix(train, window);
    }
};

/// Every position of a window in one pass.
class EveryPosition : public ListedSamples {
public:
    static constexpr const char* name = "positions";
    using ListedSamples::ListedSamples;

    static bool shows_later_items(const Sampling&) { return true; }

private:
    std::vector<Sample> list(const data::Interactions& train, Index window) const override {
        return every_position(train, window);
    }
};

}  // namespace coco::sampling
