// SPDX-License-Identifier: Apache-2.0
// Ranges that an optimiser treats alike: as long as group, decay and block stay the same, given tensors left
// out.
#include <catch2/catch.hpp>

#include <coco/train/trained_ranges.hpp>

using namespace coco;

TEST_CASE("trained ranges: they end where group, decay or block ends, and cover all that is trained",
          "[trained_ranges]") {
    ParameterLayout layout;
    layout.group("one");
    layout.claim("a", 3, 5, Init::zeros(), Decay::yes);
    layout.claim("b", 2, 16, Init::zeros(), Decay::yes);
    layout.claim("bias", 1, 5, Init::zeros());
    layout.given("fixed", 4, 4, [](std::span<float>) {});
    layout.group("two");
    layout.claim("c", 1, 5, Init::zeros());
    layout.group("table", ParameterBlock::table);
    layout.claim("items", 7, 3, Init::zeros(), Decay::no, ParameterBlock::table);

    const std::vector<TrainedRange> ranges = trained_ranges(layout);
    REQUIRE(ranges.size() == 4);
    CHECK(ranges[0].decay == Decay::yes);
    CHECK((ranges[0].begin == 0 && ranges[0].end == 48));
    CHECK((ranges[1].begin == 48 && ranges[1].end == 64 && ranges[1].group == 0));
    CHECK((ranges[2].begin == 64 && ranges[2].end == 80 && ranges[2].group == 1));
    CHECK(ranges[2].end == layout.size(ParameterBlock::dense));
    CHECK((ranges[3].block == ParameterBlock::table && ranges[3].begin == 0 && ranges[3].end == 32));
    CHECK(trained_ranges(ParameterLayout()).empty());
}
