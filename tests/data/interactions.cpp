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
    CHECK_THROWS_WITH(all.counts(3), Catch::Contains("no such item: expected 0 to 2, found 3"));
}

TEST_CASE("ratings and times are there for all interactions or for none", "[data][interactions]") {
    coco::data::Interactions all;
    all.add({});
    all.add(std::vector<Id>{3, 1}, std::vector<float>{4, 5}, std::vector<double>{10, 20});
    all.add({});
    all.add(std::vector<Id>{1}, std::vector<float>{1}, std::vector<double>{30});
    CHECK(all.ratings() == std::vector<float>{4, 5, 1});
    CHECK(all.times_of(3)[0] == 30);
    CHECK(all.ratings_of(2).empty());
    CHECK(all.times_of(1).size() == 2);
    CHECK_THROWS_WITH(all.add(std::vector<Id>{1}), "ratings: not one for each item: expected 1, found 0");
    CHECK_THROWS_AS(all.add(std::vector<Id>{1}, std::vector<float>{1, 2}, std::vector<double>{1}),
                    coco::Error);
    coco::data::Interactions bare;
    bare.add(std::vector<Id>{1});
    CHECK(bare.ratings_of(0).empty());
    CHECK(bare.times().empty());
    CHECK_THROWS_WITH(bare.add(std::vector<Id>{1}, std::vector<float>{1}),
                      "ratings: present for some users only");
}
