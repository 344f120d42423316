// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <coco/data/interactions.hpp>

using coco::Id;
using coco::Index;

TEST_CASE("interactions are stored as one ragged list", "[data][interactions]") {
    coco::data::Interactions all;
    CHECK(all.users() == 0);
    CHECK(all.add(std::vector<Id>{3, 1}) == 0);
    CHECK(all.add({}) == 1);
    CHECK(all.add(std::vector<Id>{1}) == 2);
    CHECK(all.users() == 3);
    CHECK(all.size() == 3);
    CHECK(all.length(0) == 2);
    CHECK(all.of(0)[1] == 1);
    CHECK(all.of(1).empty());
    CHECK(all.of(2)[0] == 1);
    CHECK(all.offsets() == std::vector<Index>{0, 2, 2, 3});
    CHECK(all.counts(4) == std::vector<Index>{0, 2, 0, 1});
}
