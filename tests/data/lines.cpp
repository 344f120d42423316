// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <vector>

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

TEST_CASE("every byte but the line end is kept", "[data][lines]") {
    const ScratchFolder folder;
    const std::string odd("a\0b\xff\x1a\r", 6);
    const std::string text = odd + "c\r\n" + odd + "\r\n" + std::string(3 << 20, 'x') + "\n\r\n\n";
    Lines<> lines(folder.write("a.txt", text));
    std::vector<std::string> all;
    for (std::string line; lines.next(line);) all.push_back(line);
    CHECK(all == std::vector<std::string>{odd + "c", odd, std::string(3 << 20, 'x'), "", ""});
}

TEST_CASE("UTF-16 is an error that names the encoding", "[data][lines]") {
    const ScratchFolder folder;
    std::string line;
    for (const std::string& mark : {std::string("\xff\xfe"
                                                "a\0",
                                                4),
                                    std::string("\xfe\xff\0a", 4), std::string("\0\0\xfe\xff", 4)})
        CHECK_THROWS_WITH(
            Lines<>(folder.write("a.txt", mark)).next(line),
            Catch::Contains("a.txt: wrong encoding: expected UTF-8, found a byte order mark of UTF-16"));
}

TEST_CASE("empty lines may be told from an empty end", "[data][lines]") {
    const ScratchFolder folder;
    std::string line;
    Lines<> end(folder.write("a.txt", "x\n\n\r\n"));
    end.next(line);
    CHECK(!end.skip_empty_end(line, "empty", "x"));
    end.next(line);
    CHECK(end.skip_empty_end(line, "empty", "x"));
    Lines<> middle(folder.write("b.txt", "\n\nx\n"));
    middle.next(line);
    CHECK_THROWS_WITH(middle.skip_empty_end(line, "empty", "x"), Catch::Contains("b.txt:1: empty"));
}
