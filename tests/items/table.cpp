// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <coco/items/table.hpp>

#include "conformance/items.hpp"
#include "conformance/policy_under_test.hpp"

using namespace coco;

TEST_CASE("items::Table passes the conformance test of items", "[items]") {
    conformance::items<items::Table>({});
    conformance::items<items::Table>({}, 3000, 16);
}

TEST_CASE("items::Table is in the table block, without weight decay", "[items]") {
    ParameterLayout layout;
    const items::Table table(layout, {}, 7, 4);
    CHECK(layout.tensor("item").ref.block == ParameterBlock::table);
    CHECK(layout.tensor("item").decay == Decay::no);
    CHECK(layout.size(ParameterBlock::dense) == 0);
    CHECK(table.vectors().rows == 7);
}
