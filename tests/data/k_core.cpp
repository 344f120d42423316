// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <coco/data/k_core.hpp>

using namespace coco::data;

TEST_CASE("copies are events equal in everything; the first is none", "[data][k_core]") {
    const std::vector<Event> events{{0, 1, 5}, {0, 1, 5}, {0, 1, 6}, {1, 1, 5},
                                    {0, 2, 5}, {0, 1, 5}, {0, 1, 5}};
    CHECK(find_copies(events, {9, 9, 9, 9, 9, 8, 9}) ==
          std::vector<bool>{false, true, false, false, false, false, true});
    CHECK(find_copies({}, {}).empty());
}

TEST_CASE("ratings and times stay with their events", "[data][k_core]") {
    Keys users, items;
    std::vector<Event> events;
    const auto add = [&](const char* user, const char* item, double time, float rating) {
        events.push_back({users.add(user), items.add(item), time, rating});
    };
    add("rare", "z", 1, 1), add("a", "y", 4, 4), add("a", "x", 2, 2), add("b", "x", 3, 3),
        add("b", "y", 5, 5);
    filter_k_core(events, users, items, 2);
    const Interactions all = by_time(events, users.size(), {.ratings = true, .times = true});
    REQUIRE(all.users() == 2);
    CHECK(all.ratings() == std::vector<float>{2, 4, 3, 5});
    CHECK(all.times() == std::vector<double>{2, 4, 3, 5});
    CHECK(all.times_of(1)[0] == 3);
}
