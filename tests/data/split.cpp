// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <coco/data/split.hpp>

using namespace coco::data;
using coco::Id;
using coco::Index;

namespace {

Interactions sequences(const std::vector<std::vector<Id>>& users) {
    Interactions all;
    for (const auto& items : users) all.add(items);
    return all;
}

std::vector<Id> list(std::span<const Id> items) { return {items.begin(), items.end()}; }

}  // namespace

TEST_CASE("the last item is for testing, the one before it for validation", "[data][split]") {
    const Split split = leave_one_out(sequences({{5, 6, 7, 8}, {1, 2}, {3, 4, 5}, {9}, {}}));
    REQUIRE(split.train.users() == 5);
    CHECK(list(split.train.of(0)) == std::vector<Id>{5, 6});
    CHECK(list(split.train.of(1)) == std::vector<Id>{1, 2});  // too short to be evaluated
    CHECK(list(split.train.of(2)) == std::vector<Id>{3});     // no training target, but evaluated
    CHECK(list(split.train.of(3)) == std::vector<Id>{9});
    CHECK(split.train.of(4).empty());

    REQUIRE(split.valid.size() == 2);
    REQUIRE(split.test.size() == 2);
    CHECK(split.valid[0].user == 0);
    CHECK(list(split.valid[0].history) == std::vector<Id>{5, 6});
    CHECK(split.valid[0].target == 7);
    CHECK(list(split.test[0].history) == std::vector<Id>{5, 6, 7});
    CHECK(split.test[0].target == 8);
    CHECK(split.test[1].user == 2);
    CHECK(list(split.test[1].history) == std::vector<Id>{3, 4});
    CHECK(split.test[1].target == 5);
}

TEST_CASE("cases remain valid after their split is destroyed", "[data][split]") {
    Cases kept;
    CHECK(kept.size() == 0);
    {
        const Split split = leave_one_out(sequences({{5, 6, 7, 8}}));
        kept = split.test;
    }
    CHECK(kept[0].target == 8);
    CHECK(list(kept[0].history) == std::vector<Id>{5, 6, 7});
}

TEST_CASE("a sample of cases depends on its seed only, without repetitions, in order", "[data][split]") {
    Interactions all;
    for (Id u = 0; u < 100; ++u) all.add(std::vector<Id>{u, u, u});
    const Cases test = leave_one_out(all).test;
    const auto users = [&](std::uint64_t seed) {
        const Cases some = test.sample(20, seed);
        std::vector<Id> out;
        for (Index i = 0; i < some.size(); ++i) out.push_back(some[i].user);
        return out;
    };
    const std::vector<Id> first = users(1);
    CHECK(first.size() == 20);
    CHECK(std::is_sorted(first.begin(), first.end()));
    CHECK(std::adjacent_find(first.begin(), first.end()) == first.end());
    CHECK(users(1) == first);
    CHECK(users(2) != first);
    CHECK(test.sample(1000, 1).size() == 100);
}

TEST_CASE("ratings and times stay with their interactions", "[data][split]") {
    Interactions all;
    all.add(std::vector<Id>{5, 6, 7, 8}, std::vector<float>{1, 2, 3, 4}, std::vector<double>{10, 20, 30, 40});
    all.add(std::vector<Id>{1, 2}, std::vector<float>{5, 6}, std::vector<double>{50, 60});
    const Split split = leave_one_out(all);
    CHECK(split.train.ratings() == std::vector<float>{1, 2, 5, 6});
    CHECK(split.train.times() == std::vector<double>{10, 20, 50, 60});
    REQUIRE(split.test.size() == 1);
    CHECK(std::vector<float>(split.test[0].ratings.begin(), split.test[0].ratings.end()) ==
          std::vector<float>{1, 2, 3, 4});
    CHECK(split.valid[0].times.size() == 3);  // of the history and the target
    CHECK(split.valid[0].times.back() == 30);
    CHECK(leave_one_out(sequences({{5, 6, 7}})).test[0].times.empty());
}
