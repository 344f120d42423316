// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <coco/core/error.hpp>
#include <coco/data/columns.hpp>

using coco::data::parse_columns;

TEST_CASE("names of columns are read from a list", "[data][columns]") {
    const auto columns = parse_columns("user=who,item=a b=c,time=,genres=G");
    CHECK(columns.user == "who");
    CHECK(columns.item == "a b=c");
    CHECK(columns.time == "");
    CHECK(columns.genres == "G");
    CHECK(!columns.title);
    CHECK(!parse_columns("").user);
    for (const char* bad : {"who", "users=who", "user=a,,item=b", "=x"})
        CHECK_THROWS_WITH(parse_columns(bad), Catch::Contains("columns: not a column of ours") &&
                                                  Catch::Contains("user=NAME, item, time"));
}
