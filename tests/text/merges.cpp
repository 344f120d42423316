// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <chrono>
#include <map>
#include <utility>
#include <vector>

#include <coco/core/random.hpp>
#include <coco/text/merges.hpp>

using coco::Id;
using coco::text::Merges;

namespace {

/// The definition: while any pair can be merged, merge the leftmost of those with the lowest rank.
void by_definition(const std::map<std::pair<Id, Id>, std::pair<Id, Id>>& table, std::vector<Id>& ids) {
    for (;;) {
        std::size_t best = ids.size();
        Id rank = 0, merged = 0;
        for (std::size_t i = 0; i + 1 < ids.size(); ++i) {
            const auto found = table.find({ids[i], ids[i + 1]});
            if (found == table.end() || (best < ids.size() && found->second.first >= rank)) continue;
            best = i;
            rank = found->second.first;
            merged = found->second.second;
        }
        if (best == ids.size()) return;
        ids[best] = merged;
        ids.erase(ids.begin() + static_cast<std::ptrdiff_t>(best) + 1);
    }
}

}  // namespace

TEST_CASE("merges: equal to the definition on random merges and words") {
    coco::RandomStream random(1);
    for (int round = 0; round < 300; ++round) {
        Merges merges;
        std::map<std::pair<Id, Id>, std::pair<Id, Id>> table;
        const Id letters = 3;
        for (Id rank = 0; rank < 12; ++rank) {
            const auto known = static_cast<std::uint32_t>(letters + rank);
            const Id left = static_cast<Id>(random.below(known)),
                     right = static_cast<Id>(random.below(known));
            const Id merged = letters + rank;
            const bool added = merges.add(left, right, merged);
            CHECK(added == !table.contains({left, right}));
            if (added) table[{left, right}] = {static_cast<Id>(table.size()), merged};
        }
        std::vector<Id> ids(random.below(round % 2 == 0 ? 20 : 70));
        for (Id& id : ids) id = static_cast<Id>(random.below(letters));
        std::vector<Id> expected = ids;
        by_definition(table, expected);
        merges.apply(ids);
        REQUIRE(ids == expected);
    }
}

TEST_CASE("merges: a word of a million equal letters does not take quadratic time") {
    Merges merges;
    for (Id rank = 0; rank < 6; ++rank) merges.add(rank, rank, rank + 1);
    std::vector<Id> ids(1 << 20, 0);
    const auto start = std::chrono::steady_clock::now();
    merges.apply(ids);
    // Quadratic time would be hours; the bound only has to distinguish the two, also with sanitizers or on a
    // busy machine.
    CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(30));
    CHECK(ids == std::vector<Id>(1 << 14, 6));
}
