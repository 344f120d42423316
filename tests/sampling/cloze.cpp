// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <map>

#include <coco/sampling/samplers.hpp>

#include "conformance/sampler.hpp"

using namespace coco;

namespace {

constexpr Index items = 500;

/// Histories of 1 to 37 different items, so that an item says where it stood.
data::Interactions people() {
    data::Interactions train;
    for (Index user = 0; user < 40; ++user) {
        std::vector<Id> all;
        for (Index i = 0; i <= (user * 11) % 37; ++i) all.push_back(static_cast<Id>((user * 7 + i) % items));
        train.add(all);
    }
    return train;
}

Sampling masking(double masked, double only_last = 0) {
    Sampling s;
    s.window = 10;
    s.masked = masked;
    s.only_last = only_last;
    return s;
}

template <class Each>
void epochs(const Sampling& s, const data::Interactions& train, Index count, const Each& each) {
    sampling::Cloze sampler({7, {100, 8}, 4, BatchBuilder(s, items, true), nullptr, nullptr});
    HostBatch b;
    sampler.prepare(b, train);
    std::uint64_t step = 0;
    for (Index epoch = 0; epoch < count; ++epoch)
        for (Index n = sampler.begin_epoch(epoch); n-- > 0; ++step) {
            sampler.fill(b, train, n, step);
            each(epoch, b);
        }
}

}  // namespace

TEST_CASE("cloze: the conformance test of a sampler", "[cloze]") {
    conformance::sampler<sampling::Cloze>();
    conformance::sampler<sampling::Cloze>(masking(0.6, 0.5));
}

TEST_CASE("cloze: masked rows are the targets, and every window has one", "[cloze]") {
    const data::Interactions train = people();
    double rows = 0, masked = 0;
    std::map<std::pair<Index, Id>, Index> seen;  // of epoch and user
    epochs(masking(0.3), train, 200, [&](Index epoch, const HostBatch& b) {
        rows += static_cast<double>(b.rows());
        masked += static_cast<double>(b.targets());
        REQUIRE(std::count(b.item.begin(), b.item.end(), no_id) == b.targets());
        std::vector<Id> of_segment(static_cast<std::size_t>(b.segments.count()), 0);
        for (Index t = 0; t < b.targets(); ++t) {
            const auto at = static_cast<std::size_t>(t);
            REQUIRE(b.item[static_cast<std::size_t>(b.target_row[at])] == no_id);
            const auto segment =
                std::upper_bound(b.segments.at.begin(), b.segments.at.end(), b.target_row[at]);
            ++of_segment[static_cast<std::size_t>(segment - b.segments.at.begin()) - 1];
            // The item that stood there: positions count from the window's newest, windows from the user's.
            const auto all = train.of(b.owner[at]);
            const Index place =
                static_cast<Index>(all.size()) - 1 - b.position[static_cast<std::size_t>(b.target_row[at])];
            bool found = false;
            for (Index i = place; i >= 0; i -= 10)
                found = found || all[static_cast<std::size_t>(i)] == b.target_item[at];
            REQUIRE(found);
        }
        REQUIRE(std::find(of_segment.begin(), of_segment.end(), 0) == of_segment.end());
        for (Index s = 0; s < b.segments.count(); ++s)
            REQUIRE(b.segments.at[static_cast<std::size_t>(s) + 1] -
                        b.segments.at[static_cast<std::size_t>(s)] <=
                    10);
        for (const Id user : b.owner) ++seen[{epoch, user}];
    });
    // One more in a window where chance would have masked none: (1 - .3)^n of those of n items.
    double expected = 0, total = 0;
    for (Id user = 0; user < static_cast<Id>(train.users()); ++user)
        if (const Index n = train.length(user); n >= 2)
            for (Index end = n; end > 0; end -= 10) {
                const double size = static_cast<double>(std::min<Index>(end, 10));
                expected += 0.3 * size + std::pow(0.7, size);
                total += size;
            }
    CHECK(rows == 200 * total);
    CHECK(masked / 200 == Approx(expected).epsilon(0.02));
    // Users with one item have no context: they are left out.
    for (Id user = 0; user < static_cast<Id>(train.users()); ++user)
        CHECK((seen.count({3, user}) == 1) == (train.length(user) >= 2));
}

TEST_CASE("cloze: a share of the windows has the newest item masked alone, as in evaluation", "[cloze]") {
    const data::Interactions train = people();
    epochs(masking(0.3, 1), train, 2, [&](Index, const HostBatch& b) {
        REQUIRE(b.targets() == b.segments.count());
        for (Index s = 0; s < b.segments.count(); ++s)
            REQUIRE(b.target_row[static_cast<std::size_t>(s)] ==
                    b.segments.at[static_cast<std::size_t>(s) + 1] - 1);
    });
}

TEST_CASE("a backbone with masked items is asked by a masked row behind the history", "[cloze]") {
    const data::Interactions train = people();
    const std::vector<Id> history{5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
    for (const Positions positions : {Positions::recent, Positions::oldest}) {
        Sampling s = masking(0.2);
        s.positions = positions;
        const BatchBuilder builder(s, items, true);
        HostBatch b;
        builder.add_history(b, 0, std::span(history).first(3), no_id, nullptr);
        builder.add_history(b, 1, history, 4, nullptr);
        CHECK(b.item == std::vector<Id>{5, 6, 7, no_id, 8, 9, 10, 11, 12, 13, 14, 15, 16, no_id});
        CHECK(b.target_row == std::vector<Id>{3, 13});
        const std::vector<Id> recent{3, 2, 1, 0, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0},
            oldest{0, 1, 2, 3, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
        CHECK(b.position == (positions == Positions::recent ? recent : oldest));

        // Prefixes, and groups of a user and a cut, likewise.
        b.clear();
        const auto prefixes = sampling::every_prefix(train, s.window);
        builder.behaviour(b, train, prefixes, nullptr, 1, 0);
        REQUIRE(b.targets() == static_cast<Index>(prefixes.size()));
        for (std::size_t t = 0; t < prefixes.size(); ++t) {
            REQUIRE(b.target_row[t] == b.segments.at[t + 1] - 1);
            REQUIRE(b.item[static_cast<std::size_t>(b.target_row[t])] == no_id);
            REQUIRE(b.target_item[t] ==
                    train.of(prefixes[t].user)[static_cast<std::size_t>(prefixes[t].end)]);
            REQUIRE(b.item[static_cast<std::size_t>(b.target_row[t]) - 1] ==
                    train.of(prefixes[t].user)[static_cast<std::size_t>(prefixes[t].end) - 1]);
        }
        builder.joint(b, train, std::vector<Id>{3, 5}, nullptr, nullptr, 1, 0, 0);
        for (const Id row : b.target_row) CHECK(b.item[static_cast<std::size_t>(row)] == no_id);
        CHECK_THROWS_WITH(
            builder.behaviour(b, train, sampling::every_position(train, s.window), nullptr, 1, 0),
            Catch::Contains("a masked row behind a history predicts one item"));
    }
    Sampling narrow;
    narrow.window = 1;
    CHECK_THROWS_WITH(BatchBuilder(narrow, items, true),
                      Catch::Contains("sampling.window: has no room for a masked item"));
}

TEST_CASE("targets are drawn from the next items where a window of them is asked for", "[sampler]") {
    const data::Interactions train = people();
    Sampling s = masking(0.2);
    s.future = 4;
    const BatchBuilder builder(s, items);
    const auto samples = sampling::every_position(train, s.window);
    std::map<Index, double> ahead;
    double all = 0;
    HostBatch b;
    for (std::uint64_t step = 0; step < 50; ++step) {
        builder.behaviour(b, train, samples, nullptr, 1, step);
        for (std::size_t t = 0; t < b.target_item.size(); ++t) {
            const auto of = train.of(b.owner[t]);
            const auto at =
                           std::find(of.begin(), of.end(), b.item[static_cast<std::size_t>(b.target_row[t])]),
                       next = std::find(of.begin(), of.end(), b.target_item[t]);
            const auto left = of.end() - at - 1;
            REQUIRE(next - at >= 1);
            REQUIRE(next - at <= std::min<std::ptrdiff_t>(4, left));
            if (left < 4) continue;
            ++ahead[next - at];
            ++all;
        }
    }
    for (const Index k : {1, 2, 3, 4}) CHECK(ahead[k] / all == Approx(0.25).margin(0.01));
}
