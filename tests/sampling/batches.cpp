// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <set>

#include <coco/sampling/batches.hpp>

using namespace coco::sampling;
using coco::Id;
using coco::Index;
using coco::data::Interactions;

namespace {

std::vector<Sample> samples_of(Index users, Index window) {
    Interactions train;
    coco::RandomStream random(3);
    for (Index u = 0; u < users; ++u) train.add(std::vector<Id>(2 + random.below(20), 0));
    return every_prefix(train, window);
}

std::vector<std::vector<Index>> lists(const Batches& batches) {
    std::vector<std::vector<Index>> out;
    for (Index b = 0; b < batches.size(); ++b) out.emplace_back(batches[b].begin(), batches[b].end());
    return out;
}

Index rows_in(const std::vector<Sample>& samples, std::span<const Index> batch) {
    Index rows = 0;
    for (const Index k : batch) rows += samples[static_cast<std::size_t>(k)].rows();
    return rows;
}

}  // namespace

TEST_CASE("an epoch has each sample once, within the limits", "[data][batches]") {
    const auto samples = samples_of(200, 10);
    for (const bool bucketed : {false, true}) {
        const Batches batches = Batches::of_epoch(samples, {100, 16}, 7, 0, bucketed);
        std::set<Index> seen;
        for (Index b = 0; b < batches.size(); ++b) {
            CHECK(!batches[b].empty());
            CHECK(batches[b].size() <= 16);
            CHECK(rows_in(samples, batches[b]) <= 100);
            for (const Index k : batches[b]) CHECK(seen.insert(k).second);
        }
        CHECK(seen.size() == samples.size());
    }
}

TEST_CASE("the order is a function of seed and epoch alone", "[data][batches]") {
    const auto samples = samples_of(50, 10);
    for (const bool bucketed : {false, true}) {
        const auto order = [&](std::uint64_t seed, std::uint64_t epoch) {
            return lists(Batches::of_epoch(samples, {100, 16}, seed, epoch, bucketed));
        };
        CHECK(order(1, 2) == order(1, 2));
        CHECK(order(1, 2) != order(1, 3));
        CHECK(order(1, 2) != order(2, 2));
    }
}

TEST_CASE("bucketed batches have samples of similar length", "[data][batches]") {
    const auto samples = samples_of(200, 20);
    const auto spread = [&](bool bucketed) {
        const Batches batches = Batches::of_epoch(samples, {10000, 16}, 7, 0, bucketed);
        Index total = 0;
        for (Index b = 0; b < batches.size(); ++b) {
            Index least = 1000, maximum = 0;
            for (const Index k : batches[b]) {
                least = std::min(least, samples[static_cast<std::size_t>(k)].rows());
                maximum = std::max(maximum, samples[static_cast<std::size_t>(k)].rows());
            }
            total += maximum - least;
        }
        return static_cast<double>(total) / static_cast<double>(batches.size());
    };
    CHECK(spread(true) < 1.0);
    CHECK(spread(false) > 10.0);
}

TEST_CASE("no batch of any epoch is larger than largest_batch", "[data][batches]") {
    Interactions train;
    coco::RandomStream random(5);
    for (Index u = 0; u < 120; ++u) train.add(std::vector<Id>(2 + random.below(90), 0));
    for (const auto& samples :
         {every_prefix(train, 30), every_position(train, 30), every_position(train, 30, 15)}) {
        for (const BatchLimits limits : {BatchLimits{200, 16}, BatchLimits{10000, 8}, BatchLimits{40, 64}}) {
            const auto largest = largest_batch(samples, limits);
            const Index count = static_cast<Index>(largest.size());
            Index targets = 0, longest = 0;
            bool sound = true;
            for (const Sample& s : largest) {
                sound = sound && s.rows() >= 1 && s.first_target >= s.begin;
                targets += s.targets();
                longest = std::max(longest, s.rows());
            }
            CHECK(sound);
            CHECK(count <= limits.samples);
            CHECK(rows_of(largest) <= std::max(limits.rows, longest + count - 1));
            bool covered = true;
            for (std::uint64_t epoch = 0; epoch < 20; ++epoch) {
                const Batches batches = Batches::of_epoch(samples, limits, 1, epoch, epoch % 2 == 1);
                for (Index b = 0; b < batches.size(); ++b) {
                    Index here = 0, maximum = 0;
                    for (const Index k : batches[b]) {
                        here += samples[static_cast<std::size_t>(k)].targets();
                        maximum = std::max(maximum, samples[static_cast<std::size_t>(k)].rows());
                    }
                    covered = covered && rows_in(samples, batches[b]) <= rows_of(largest) &&
                              here <= targets && static_cast<Index>(batches[b].size()) <= count &&
                              maximum <= longest;
                }
            }
            CHECK(covered);
        }
    }
}

TEST_CASE("impossible limits are errors; no samples give no batches", "[data][batches]") {
    CHECK_THROWS_AS(Batches::of_epoch(samples_of(5, 20), {3, 4}, 1, 0), coco::Error);
    CHECK_THROWS_AS(Batches::of_epoch(samples_of(5, 20), {300, 0}, 1, 0), coco::Error);
    CHECK(Batches::of_epoch({}, {}, 1, 0).size() == 0);
    CHECK(largest_batch({}, {}).empty());
}
