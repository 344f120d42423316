// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <coco/data/dataset.hpp>

using coco::Id;

TEST_CASE("events are sorted by time, equal times in the order given", "[data][dataset]") {
    const auto out =
        coco::data::by_time({{1, 7, 5}, {0, 4, 9}, {0, 5, 2}, {0, 6, 9}, {0, 3, 9}, {1, 8, -1}}, 3);
    REQUIRE(out.users() == 3);
    CHECK(std::vector<Id>(out.of(0).begin(), out.of(0).end()) == std::vector<Id>{5, 4, 6, 3});
    CHECK(std::vector<Id>(out.of(1).begin(), out.of(1).end()) == std::vector<Id>{8, 7});
    CHECK(out.of(2).empty());
}

TEST_CASE("ratings and times are sorted with their events, where they are wanted", "[data][dataset]") {
    const std::vector<coco::data::Event> events{{0, 7, 5, 1}, {0, 4, 9, 2}, {0, 5, 2, 3}};
    const auto both = coco::data::by_time(events, 1, {.ratings = true, .times = true});
    CHECK(both.ratings() == std::vector<float>{3, 1, 2});
    CHECK(both.times() == std::vector<double>{2, 5, 9});
    const auto times = coco::data::by_time(events, 1, {.times = true});
    CHECK(times.ratings().empty());
    CHECK(times.times_of(0).size() == 3);
}

TEST_CASE("repeated interactions are noted, and count", "[data][dataset]") {
    coco::data::Dataset data;
    data.interactions.add(std::vector<Id>{4, 5, 4, 4, 6}, {}, std::vector<double>{1, 2, 2, 2, 3});
    data.interactions.add(std::vector<Id>{4, 4}, {}, std::vector<double>{2, 3});
    note_repeats(data, "f");
    REQUIRE(!data.notes.empty());
    CHECK(data.notes.begin()->count == 1);
    CHECK(data.interactions.size() == 7);
}
