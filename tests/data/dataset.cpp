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
