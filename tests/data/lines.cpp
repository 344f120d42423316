// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <coco/data/lines.hpp>

#include "scratch_folder.hpp"

using namespace coco::data;

TEST_CASE("lines have no line ends, and their numbers are known", "[data][lines]") {
    const ScratchFolder folder;
    Lines<> lines(folder.write("a.txt",
                               "\xef\xbb\xbf"
                               "one\r\n\ntwo"));
    std::string line;
    REQUIRE(lines.next(line));
    CHECK(line == "one");
    REQUIRE(lines.next(line));
    CHECK(line.empty());
    REQUIRE(lines.next(line));
    CHECK(line == "two");
    CHECK(lines.where() == (folder.path() / "a.txt").string() + ":3");
    CHECK(!lines.next(line));
}

TEST_CASE("files that are not plain text are errors that name the file", "[data][lines]") {
    const ScratchFolder folder;
    CHECK_THROWS_WITH(Lines<>(folder.path() / "none"), Catch::Contains("none: cannot be opened"));
    CHECK_THROWS_WITH(Lines<>(folder.path()), Catch::Contains("cannot be opened"));
    CHECK_THROWS_WITH(Lines<>(folder.write("a.gz", "\x1f\x8b\x08")), Catch::Contains("gzip"));
    std::string line;
    CHECK(!Lines<>(folder.write("empty", "")).next(line));
}
