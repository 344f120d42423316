// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <limits>
#include <span>
#include <string>

#include <coco/io/byte_reader.hpp>

#include "support.hpp"

using Catch::Matchers::Contains;
using coco::io::ByteReader;

TEST_CASE("a byte reader reads sequentially, and reading past the end is an error") {
    const std::string text = support::bytes_of(std::uint16_t{513}) + support::GgufBytes::string("abc") + "x";
    ByteReader in(std::as_bytes(std::span(text)), "file");
    CHECK(in.number<std::uint16_t>("a number") == 513);
    CHECK(in.string("a string") == "abc");
    CHECK(in.left() == 1);
    CHECK_THAT(support::error_of([&] { in.number<std::uint32_t>("the rest"); }),
               Contains("file: byte 13") && Contains("the rest") && Contains("4 bytes"));
}

TEST_CASE("lengths and counts near 2^64 are errors, not wrapped around") {
    const std::string text = support::bytes_of(std::numeric_limits<std::uint64_t>::max()) + "abc";
    ByteReader string(std::as_bytes(std::span(text)), "file"), count(std::as_bytes(std::span(text)), "file");
    CHECK_THROWS_AS(string.string("a string"), coco::Error);
    CHECK_THAT(support::error_of([&] { count.count(8, "things"); }), Contains("at most 0"));
}
