// SPDX-License-Identifier: Apache-2.0
// Batch building: cuts, targets, windows, positions, exclusions, determinism.
#include <map>
#include <set>

#include <coco/sampling/batch_builder.hpp>

#include "pipeline/support.hpp"

using namespace shop;
using coco::BatchBuilder;
using coco::HostBatch;
using coco::Positions;
using coco::Samples;
using coco::Sampling;

namespace {

/// One user with `n` different items: item i at index i.
coco::data::Interactions one(Index n) {
    std::vector<Id> all;
    for (Index i = 0; i < n; ++i) all.push_back(static_cast<Id>(i));
    coco::data::Interactions train;
    train.add(all);
    return train;
}

HostBatch filled(const Sampling& s, const coco::data::Interactions& train, const coco::text::History* text,
                 std::uint64_t epoch, std::uint64_t seed = 9) {
    std::vector<Id> users;
    for (Id u = 0; u < train.users(); ++u) users.push_back(u);
    HostBatch b;
    BatchBuilder(s, items).joint(b, train, users, text, nullptr, seed, epoch, 4);
    return b;
}

std::vector<Id> segment(const HostBatch& b, std::size_t s) {
    return {b.item.begin() + b.segments.at[s], b.item.begin() + b.segments.at[s + 1]};
}

std::vector<Id> from_to(Id begin, Id end) {
    std::vector<Id> all;
    for (Id i = begin; i < end; ++i) all.push_back(i);
    return all;
}

}  // namespace

TEST_CASE("cuts are uniform, the first target follows, the others are later and without repetitions",
          "[pipeline]") {
    const auto text = words(decoder());
    Sampling s = sampling(Samples::prefixes);
    s.joint_targets = 4;
    const Index n = 12, epochs = 4000;
    const auto train = one(n);
    std::map<Id, int> cuts, others;
    int silent = 0;
    for (Index epoch = 0; epoch < epochs; ++epoch) {
        const HostBatch b = filled(s, train, &text, static_cast<std::uint64_t>(epoch));
        const Id cut = b.target_item[0];  // item = index
        ++cuts[cut];
        REQUIRE(b.targets() == std::min<Index>(4, n - cut));
        REQUIRE(std::set<Id>(b.target_item.begin(), b.target_item.end()).size() == b.target_item.size());
        for (std::size_t t = 0; t < b.target_item.size(); ++t) {
            REQUIRE(b.target_item[t] >= cut);
            REQUIRE(b.target_item[t] < n);
            // Each target's row is the last of its own prefix, of at most a window.
            const Id end = b.target_item[t];
            REQUIRE(segment(b, t) == from_to(std::max<Id>(0, end - static_cast<Id>(window)), end));
            REQUIRE(b.target_row[t] == b.segments.at[t + 1] - 1);
            if (cut == 1 && t > 0) ++others[b.target_item[t]];
        }
        silent += b.group_of_segment[0] < 0;
        if (b.group_of_segment[0] < 0) {
            REQUIRE(b.groups() == 0);
        } else {
            REQUIRE(b.query_row == std::vector<Id>{b.target_row[0]});
            std::vector<Id> expected;
            text.append(train.of(0).first(static_cast<std::size_t>(cut)), s.budget, expected);
            REQUIRE(b.token == expected);
        }
        REQUIRE(b.targets_of.count() == 1);
    }
    // Frequencies within four standard deviations of a binomial's.
    const auto near = [](double seen, double draws, double p) {
        return std::abs(seen - draws * p) <= 4 * std::sqrt(draws * p * (1 - p));
    };
    REQUIRE(cuts.size() == static_cast<std::size_t>(n) - 1);
    for (const auto& [cut, count] : cuts) CHECK(near(count, epochs, 1.0 / (n - 1)));
    REQUIRE(others.size() == 10);
    for (const auto& [item, count] : others) CHECK(near(count, cuts[1], 0.3));
    CHECK(near(silent, epochs, 0.3));
}

TEST_CASE("samples by positions: a window around the cut, with knowledge only for the rows after it",
          "[pipeline]") {
    const auto text = words(decoder());
    for (const Index n : {2, 5, 7, 8, 16})
        for (const Index w : {1, 2, 5, 6})
            for (std::uint64_t epoch = 0; epoch < 12; ++epoch) {
                Sampling s = sampling(Samples::positions);
                s.window = w;
                const HostBatch b = filled(s, one(n), &text, epoch);
                REQUIRE(b.segments.count() == 2);
                REQUIRE(b.targets_of.count() == 2);
                const Id first = b.item[0], end = static_cast<Id>(first + b.segments.at[1]);
                REQUIRE(segment(b, 0) == from_to(first, end));
                REQUIRE(b.segments.at[1] == std::min(w, n - 1));
                const std::vector<Id> prefix = segment(b, 1);
                const Id cut = static_cast<Id>(prefix.back() + 1);
                REQUIRE(prefix == from_to(std::max<Id>(0, cut - static_cast<Id>(w)), cut));
                REQUIRE(b.query_row == std::vector<Id>{static_cast<Id>(b.rows()) - 1});
                REQUIRE(b.group_of_segment == std::vector<Id>{coco::no_id, 0});
                for (Index t = 0; t < b.targets(); ++t) {
                    const Id item = b.target_item[static_cast<std::size_t>(t)];
                    REQUIRE(b.item[static_cast<std::size_t>(b.target_row[static_cast<std::size_t>(t)])] ==
                            item - 1);
                    REQUIRE((item >= cut) == (t >= b.targets_of.at[1]));
                }
                // The first target after the cut is always included.
                REQUIRE(b.target_item[static_cast<std::size_t>(b.targets_of.at[1])] == cut);
            }
}

TEST_CASE("positions count from the most recent or from the oldest", "[pipeline]") {
    Sampling s = sampling(Samples::prefixes);
    HostBatch b;
    BatchBuilder(s, items).add_history(b, 0, one(9).of(0), coco::no_id, nullptr);
    CHECK(b.item == from_to(3, 9));
    CHECK(b.position == std::vector<Id>{5, 4, 3, 2, 1, 0});
    CHECK(b.target_row == std::vector<Id>{5});
    CHECK(b.groups() == 0);
    s.positions = Positions::oldest;
    b.clear();
    BatchBuilder(s, items).add_history(b, 0, one(9).of(0), 4, nullptr);
    CHECK(b.position == from_to(0, 6));
    CHECK(b.target_item == std::vector<Id>{4});
}

TEST_CASE("behaviour samples: one row per target, without knowledge", "[pipeline]") {
    const auto train = people();
    const auto none = coco::sampling::Negatives::excluding_train(train, items);
    const auto samples = coco::sampling::every_position(train, window);
    HostBatch b;
    const BatchBuilder builder(sampling(Samples::positions), items);
    builder.behaviour(b, train, samples, &none, 7, 3);
    REQUIRE(b.targets() == train.size() - train.users());
    REQUIRE(b.rows() == b.targets());
    REQUIRE(b.targets_of.at == std::vector<Id>{0, static_cast<Id>(b.targets())});
    REQUIRE(b.group_of_segment == std::vector<Id>{coco::no_id});
    for (std::size_t t = 0; t < b.target_item.size(); ++t) {
        const auto all = train.of(b.owner[t]);
        const auto at = std::find(all.begin(), all.end(), b.target_item[t]);
        CHECK(*(at - 1) == b.item[static_cast<std::size_t>(b.target_row[t])]);
        CHECK(std::find(all.begin(), all.end(), b.negative[t]) == all.end());
    }
    const std::vector<Id> before = b.negative;
    builder.behaviour(b, train, samples, &none, 7, 4);
    CHECK(b.negative != before);
}

TEST_CASE("InfoNCE excludes the owner's other targets and repetitions of the item", "[pipeline]") {
    const auto text = words(decoder());
    for (const Samples samples : {Samples::prefixes, Samples::positions}) {
        const HostBatch b = joint(samples, &text, 2);
        REQUIRE(b.excluded_of.count() == b.targets());
        int graph_cache = 0;
        for (std::size_t t = 0; t < b.target_item.size(); ++t) {
            std::vector<Id> wanted;
            for (std::size_t o = 0; o < b.target_item.size(); ++o)
                if (o != t && (b.owner[o] == b.owner[t] || b.target_item[o] == b.target_item[t])) {
                    wanted.push_back(static_cast<Id>(o));
                    graph_cache += b.owner[o] != b.owner[t];
                }
            CHECK(std::vector<Id>(b.excluded.begin() + b.excluded_of.at[t],
                                  b.excluded.begin() + b.excluded_of.at[t + 1]) == wanted);
        }
        CHECK(graph_cache > 0);
    }
}

TEST_CASE("a batch is a function of seed, epoch and users; text changes neither cuts nor targets",
          "[pipeline]") {
    const auto text = words(decoder());
    for (const Samples samples : {Samples::prefixes, Samples::positions}) {
        const auto train = people();
        const Sampling s = sampling(samples);
        const HostBatch a = filled(s, train, &text, 1), again = filled(s, train, &text, 1);
        CHECK(a.item == again.item);
        CHECK(a.target_item == again.target_item);
        CHECK(a.token == again.token);
        CHECK(a.row_key == again.row_key);
        CHECK(filled(s, train, &text, 2).token != a.token);
        CHECK(filled(s, train, &text, 1, 10).token != a.token);
        CHECK(filled(s, train, nullptr, 1).target_item == a.target_item);
        CHECK(std::set<Id>(a.row_key.begin(), a.row_key.end()).size() > a.row_key.size() / 2);
    }
}

TEST_CASE("invalid settings and histories are errors", "[pipeline]") {
    const auto refused = [](auto change) {
        Sampling s = sampling(Samples::prefixes);
        change(s);
        CHECK_THROWS_AS(BatchBuilder(s, items), coco::Error);
    };
    refused([](Sampling& s) { s.window = 0; });
    refused([](Sampling& s) { s.joint_targets = 0; });
    refused([](Sampling& s) { s.joint_targets = 65; });
    refused([](Sampling& s) { s.without_knowledge = 1; });
    CHECK_THROWS_AS(filled(sampling(Samples::prefixes), one(1), nullptr, 1), coco::Error);
    HostBatch b;
    CHECK_THROWS_AS(
        BatchBuilder(sampling(Samples::prefixes), items).add_history(b, 0, {}, coco::no_id, nullptr),
        coco::Error);
}

TEST_CASE("excluded targets: those of the same owner and of the same item", "[batch_builder]") {
    HostBatch b;
    for (Id t = 0; t < 40; ++t) {
        b.owner.push_back(t * t % 11 * 100000);
        b.target_item.push_back(t * 5 % 13);
    }
    b.exclude();
    REQUIRE(b.excluded_of.count() == 40);
    for (std::size_t t = 0; t < 40; ++t) {
        std::vector<Id> expected;
        for (std::size_t o = 0; o < 40; ++o)
            if (o != t && (b.owner[o] == b.owner[t] || b.target_item[o] == b.target_item[t]))
                expected.push_back(static_cast<Id>(o));
        CHECK(std::vector<Id>(b.excluded.begin() + b.excluded_of.at[t],
                              b.excluded.begin() + b.excluded_of.at[t + 1]) == expected);
    }
    b.clear();
    b.owner.clear();
    b.exclude();
    CHECK(b.excluded_of.count() == 0);
}
