// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <coco/data/fields.hpp>

#include "scratch_folder.hpp"

using namespace coco::data;
using List = std::vector<std::string>;

namespace {

List quoted(const ScratchFolder& folder, const std::string& text) {
    Lines<> lines(folder.write("a.csv", text));
    std::string line;
    List fields;
    lines.next(line);
    split_quoted(line, ',', lines, fields);
    return fields;
}

}  // namespace

TEST_CASE("plain fields are cut at every separator", "[data][fields]") {
    List fields;
    split_plain("a\t\tb \"c\"\t", '\t', fields);
    CHECK(fields == List{"a", "", "b \"c\"", ""});
    split_plain("", '\t', fields);
    CHECK(fields == List{""});
}

TEST_CASE("quoted fields follow RFC 4180", "[data][fields]") {
    const ScratchFolder folder;
    CHECK(quoted(folder, "a,,b") == List{"a", "", "b"});
    CHECK(quoted(folder, "\"a,b\",\"say \"\"hi\"\"\",\"\"") == List{"a,b", "say \"hi\"", ""});
    CHECK(quoted(folder, "\"two\nlines\",x") == List{"two\nlines", "x"});
    CHECK(quoted(folder, "5\" nail,x") == List{"5\" nail", "x"});
    CHECK(quoted(folder, "a,") == List{"a", ""});
    CHECK_THROWS_WITH(quoted(folder, "\"a,b\nc"), Catch::Contains("a.csv:1: a quote is not closed"));
    CHECK_THROWS_WITH(quoted(folder, "\"a\"b,c"), Catch::Contains("after a closing quote"));
}

TEST_CASE("numbers are whole, finite fields", "[data][fields]") {
    CHECK(number_in("881250949", "f:1", "t") == 881250949.0);
    CHECK(number_in("-2.5e3", "f:1", "t") == -2500.0);
    for (const char* bad : {"", " 1", "1 ", "1x", "nan", "inf", "1e999"})
        CHECK_THROWS_WITH(number_in(bad, "f.inter:7", "rating"),
                          Catch::Contains("f.inter:7: bad number in column rating"));
}

TEST_CASE("a missing column is an error that lists the existing ones", "[data][fields]") {
    CHECK(column_of({"a", "b"}, "b") == 1);
    CHECK(column_of({"a", "b"}, "c") == -1);
    CHECK(required_column({"a", "b"}, "a", "f:1") == 0);
    CHECK_THROWS_WITH(required_column({"a", "b"}, "user", "f:1"),
                      "f:1: missing column: expected user, found a, b");
    CHECK_THROWS_WITH(require_fields({"a"}, 2, "f:3"), Catch::Contains("f:3: ragged line"));
}
