// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <set>

#include <coco/sampling/pretraining.hpp>

#include "conformance/sampler.hpp"

using namespace coco;
using sampling::Pretraining;
using sampling::PretrainingByUser;

namespace {

constexpr Index catalogue = 60, window = 8;

/// User u has items 10 u .. 10 u + n - 1: an item says whose it is, and its place.
data::Interactions people() {
    data::Interactions train;
    for (const Index n : {6, 1, 0, 10, 3, 2}) {
        std::vector<Id> all;
        for (Index i = 0; i < n; ++i) all.push_back(static_cast<Id>(10 * train.users() + i));
        train.add(all);
    }
    return train;
}

SamplerParts parts(std::uint64_t seed = 7, sampling::BatchLimits limits = {400, 5}) {
    Sampling settings;
    settings.window = window;
    return {seed, limits, 4, BatchBuilder(settings, catalogue), nullptr, nullptr};
}

/// Calls visit(b, s) for the first of the four segments of each sample, over some epochs.
template <class S, class Visit>
void each_sample(S& sampler, const data::Interactions& train, Index epochs, const Visit& visit) {
    HostBatch b;
    sampler.prepare(b, train);
    for (Index epoch = 0; epoch < epochs; ++epoch) {
        const Index batches = sampler.begin_epoch(epoch);
        for (Index n = 0; n < batches; ++n) {
            sampler.fill(b, train, n, 0);
            REQUIRE(b.segments.count() % 4 == 0);
            for (std::size_t s = 0; s < static_cast<std::size_t>(b.segments.count()); s += 4) visit(b, s);
        }
    }
}

std::vector<Id> items_of(const HostBatch& b, std::size_t segment) {
    return {b.item.begin() + b.segments.at[segment], b.item.begin() + b.segments.at[segment + 1]};
}

/// The true items of a sample's rows, from its targets.
std::vector<Id> true_items(const HostBatch& b, std::size_t segment) {
    std::map<Id, Id> of_row;
    const auto own = static_cast<std::size_t>(b.targets_of.at[2]);
    for (std::size_t t = 0; t < own; ++t) of_row[b.target_row[t]] = b.target_item[t];
    std::vector<Id> all;
    for (Id row = b.segments.at[segment]; row < b.segments.at[segment + 1]; ++row)
        all.push_back(of_row.at(row));
    return all;
}

}  // namespace

TEST_CASE("samples of pre-training pass the conformance test of a sampler", "[pretraining]") {
    conformance::sampler<Pretraining>();
    conformance::sampler<PretrainingByUser>();
}

TEST_CASE("pre-training: every prefix is a sample, the last item masked, others with probability 0.2",
          "[pretraining]") {
    const data::Interactions train = people();
    Pretraining sampler(parts());
    Index hidden = 0, shown = 0;
    std::map<std::vector<Id>, Index> seen;
    each_sample(sampler, train, 60, [&](const HostBatch& b, std::size_t s) {
        const std::vector<Id> items = items_of(b, s), real = true_items(b, s);
        ++seen[real];
        CHECK(items.back() == no_id);
        for (std::size_t i = 0; i < items.size(); ++i) {
            CHECK((items[i] == no_id || items[i] == real[i]));
            if (i + 1 < items.size()) ++(items[i] == no_id ? hidden : shown);
        }
    });
    const double share = static_cast<double>(hidden) / static_cast<double>(hidden + shown);
    CHECK(share > 0.18);
    CHECK(share < 0.22);
    // 6 + 1 + 10 + 3 + 2 prefixes, once an epoch, of the last eight items.
    CHECK(seen.size() == 22);
    for (const auto& [items, times] : seen) CHECK(times == 60);
    CHECK(seen.count({30, 31, 32}) == 1);
    CHECK(seen.count({32, 33, 34, 35, 36, 37, 38, 39}) == 1);
}

TEST_CASE("pre-training: context and segment are complements, the negative comes from another user",
          "[pretraining]") {
    const data::Interactions train = people();
    Pretraining sampler(parts());
    std::map<std::size_t, std::set<std::size_t>> lengths, places;
    each_sample(sampler, train, 60, [&](const HostBatch& b, std::size_t s) {
        const std::vector<Id> real = true_items(b, s), context = items_of(b, s + 1),
                              positive = items_of(b, s + 2), negative = items_of(b, s + 3);
        const std::size_t n = real.size();
        REQUIRE(context.size() == n);
        REQUIRE(positive.size() == n);
        REQUIRE(negative.size() == n);
        if (n == 1) {
            CHECK(context == real);
            CHECK(positive == real);
            CHECK(negative == real);
            return;
        }
        std::vector<std::size_t> inside;
        for (std::size_t i = 0; i < n; ++i) {
            const bool in = positive[i] != no_id;
            if (in) inside.push_back(i);
            CHECK((in ? positive[i] : context[i]) == real[i]);
            CHECK((in ? context[i] : positive[i]) == no_id);
            CHECK((negative[i] != no_id) == in);
            if (in) CHECK(negative[i] / 10 != real[i] / 10);
        }
        REQUIRE(!inside.empty());
        CHECK(inside.size() <= n / 2);
        CHECK(inside.back() - inside.front() + 1 == inside.size());
        // Items in a row of the histories behind one another: 0 .. 5, 10, 30 .. 39, 40 .. 42, 50, 51.
        const auto all = train.items();
        const auto taken = negative.begin() + static_cast<std::ptrdiff_t>(inside.front());
        CHECK(std::search(all.begin(), all.end(), taken,
                          taken + static_cast<std::ptrdiff_t>(inside.size())) != all.end());
        lengths[n].insert(inside.size());
        places[n].insert(inside.front());
    });
    CHECK(lengths[8] == std::set<std::size_t>{1, 2, 3, 4});
    CHECK(places[8].size() == 8);
    CHECK(lengths[3] == std::set<std::size_t>{1});
}

TEST_CASE("pre-training: targets are listed kind by kind, negatives are no items of the user",
          "[pretraining]") {
    const data::Interactions train = people();
    Pretraining sampler(parts());
    Index masked = 0;
    std::set<Id> drawn;
    each_sample(sampler, train, 20, [&](const HostBatch& b, std::size_t s) {
        if (s > 0) return;
        REQUIRE(b.targets_of.count() == 5);
        const auto begin = [&](std::size_t kind) { return static_cast<std::size_t>(b.targets_of.at[kind]); };
        REQUIRE(b.negative.size() == begin(1));
        for (std::size_t t = 0; t < b.target_row.size(); ++t) {
            const auto row = static_cast<std::size_t>(b.target_row[t]);
            if (t < begin(2)) CHECK((b.item[row] == no_id) == (t < begin(1)));
            CHECK(b.owner[t] == b.target_item[t] / 10);
        }
        for (std::size_t t = 0; t < begin(1); ++t) {
            const Id user = b.owner[t];
            drawn.insert(b.negative[t]);
            CHECK((b.negative[t] / 10 != user || b.negative[t] % 10 >= train.length(user)));
            ++masked;
        }
        // Each row of the masked sequences is a target once; then the last row of each other segment.
        const std::size_t samples = static_cast<std::size_t>(b.segments.count()) / 4;
        std::set<Id> rows(b.target_row.begin(), b.target_row.begin() + b.targets_of.at[2]);
        CHECK(rows.size() == begin(2));
        for (std::size_t kind = 2; kind < 5; ++kind) {
            REQUIRE(b.targets_of.at[kind + 1] - b.targets_of.at[kind] == static_cast<Id>(samples));
            for (std::size_t k = 0; k < samples; ++k)
                CHECK(b.target_row[begin(kind) + k] == b.segments.at[4 * k + kind] - 1);
        }
        CHECK(b.group_of_segment == std::vector<Id>(5, no_id));
    });
    CHECK(masked > 0);
    CHECK(drawn.size() > 50);
}

TEST_CASE("pre-training: a function of seed, epoch and sample; limits count packed rows", "[pretraining]") {
    const data::Interactions train = people();
    const auto run = [&](std::uint64_t seed, sampling::BatchLimits limits) {
        Pretraining sampler(parts(seed, limits));
        std::map<std::vector<Id>, std::vector<Id>> shown;  // of a sample
        std::vector<Index> rows;
        HostBatch b;
        sampler.prepare(b, train);
        const Index batches = sampler.begin_epoch(2);
        for (Index n = 0; n < batches; ++n) {
            sampler.fill(b, train, n, static_cast<std::uint64_t>(n) * 17);
            rows.push_back(b.rows());
            for (std::size_t s = 0; s < static_cast<std::size_t>(b.segments.count()); s += 4) {
                std::vector<Id>& all = shown[true_items(b, s)];
                const Id first = b.segments.at[s], end = b.segments.at[s + 4];
                all.assign(b.item.begin() + first, b.item.begin() + end);
                all.insert(all.end(), b.row_key.begin() + first, b.row_key.begin() + end);
            }
        }
        return std::pair(shown, rows);
    };
    const auto [shown, rows] = run(7, {400, 5});
    CHECK(run(7, {400, 5}).first == shown);
    // Whatever batch a sample is in.
    CHECK(run(7, {64, 3}).first == shown);
    CHECK(run(8, {400, 5}).first != shown);
    for (const Index n : run(7, {64, 100}).second) CHECK(n <= 64);
    // One sample of eight items takes 32 rows, more than the limit.
    for (const Index n : run(7, {8, 100}).second) CHECK(n <= 32);
}

TEST_CASE("pre-training by user: one prefix of each history, another in another epoch", "[pretraining]") {
    const data::Interactions train = people();
    PretrainingByUser sampler(parts());
    std::map<Id, std::map<std::size_t, Index>> lengths;
    std::map<Id, Index> ends;
    each_sample(sampler, train, 300, [&](const HostBatch& b, std::size_t s) {
        const std::vector<Id> real = true_items(b, s);
        ++lengths[real[0] / 10][real.size()];
        ++ends[real.back()];
    });
    CHECK(lengths.size() == 5);
    for (const auto& [user, of_length] : lengths) {
        Index all = 0;
        for (const auto& [length, times] : of_length) all += times;
        CHECK(all == 300);
    }
    // Uniform over the ten ends of a history of ten.
    for (Id end = 30; end < 40; ++end) {
        CHECK(ends[end] > 12);
        CHECK(ends[end] < 50);
    }
}

TEST_CASE("pre-training: one user alone, and a user who took every item", "[pretraining]") {
    data::Interactions train;
    train.add(std::vector<Id>{4, 5, 6, 7});
    Pretraining sampler(parts());
    Index samples = 0;
    each_sample(sampler, train, 3, [&](const HostBatch&, std::size_t) { ++samples; });
    CHECK(samples == 12);
    std::vector<Id> every;
    for (Id item = 0; item < catalogue; ++item) every.push_back(item);
    train.add(every);
    HostBatch b;
    CHECK_THROWS_WITH(Pretraining(parts()).prepare(b, train),
                      "user 1: no negative exists: every item was taken: expected fewer than 60 items, found "
                      "60");
}
