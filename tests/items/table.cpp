// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <coco/items/table.hpp>

#include "laws/here.hpp"
#include "laws/items.hpp"

using namespace coco;

TEST_CASE("a table of items obeys the law of items", "[items]") {
    laws::items<items::Table>({});
    laws::items<items::Table>({}, 3000, 16);
}

TEST_CASE("a table lies in the block of tables, undecayed", "[items]") {
    Layout layout;
    const items::Table table(layout, {}, 7, 4);
    CHECK(layout.tensor("item").slot.home == Home::table);
    CHECK(layout.tensor("item").decay == Decay::no);
    CHECK(layout.size(Home::dense) == 0);
    CHECK(table.vectors().rows == 7);
}
