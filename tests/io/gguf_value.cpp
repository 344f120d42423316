// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include <coco/io/gguf_value.hpp>

#include "support.hpp"

using coco::io::GgufValue;
using support::bytes_of;

namespace {

GgufValue value_of(std::uint32_t type, const std::string& bytes) {
    const std::string all = bytes_of(type) + bytes;
    coco::io::ByteReader in(std::as_bytes(std::span(all)), "file");
    GgufValue value = coco::io::read_gguf_value(in, "key");
    CHECK(in.left() == 0);
    return value;
}

template <class T>
std::string list_of(std::uint32_t type, const std::vector<T>& numbers) {
    std::string bytes = bytes_of(type) + bytes_of(std::uint64_t{numbers.size()});
    for (T number : numbers) bytes += bytes_of(number);
    return bytes;
}

using Integer = std::int64_t;

}  // namespace

TEST_CASE("GGUF values: every integer type with its extremes") {
    CHECK(value_of(0, bytes_of(std::uint8_t{255})) == GgufValue(Integer{255}));
    CHECK(value_of(1, bytes_of(std::int8_t{-128})) == GgufValue(Integer{-128}));
    CHECK(value_of(2, bytes_of(std::uint16_t{65535})) == GgufValue(Integer{65535}));
    CHECK(value_of(3, bytes_of(std::int16_t{-32768})) == GgufValue(Integer{-32768}));
    CHECK(value_of(4, bytes_of(~0u)) == GgufValue(Integer{4294967295}));
    CHECK(value_of(5, bytes_of(-1)) == GgufValue(Integer{-1}));
    const Integer maximum = std::numeric_limits<Integer>::max(), least = std::numeric_limits<Integer>::min();
    CHECK(value_of(10, bytes_of(static_cast<std::uint64_t>(maximum))) == GgufValue(maximum));
    CHECK(value_of(11, bytes_of(least)) == GgufValue(least));
}

TEST_CASE("GGUF values: reals, booleans, strings") {
    CHECK(value_of(6, bytes_of(0.5f)) == GgufValue(0.5));
    CHECK(value_of(12, bytes_of(0.1)) == GgufValue(0.1));
    CHECK(value_of(7, bytes_of(std::uint8_t{1})) == GgufValue(true));
    CHECK(value_of(7, bytes_of(std::uint8_t{0})) == GgufValue(false));
    const GgufValue text = value_of(8, support::GgufBytes::string("abc"));
    CHECK(std::holds_alternative<std::string_view>(text));
}

TEST_CASE("GGUF values: lists") {
    CHECK(value_of(9, list_of<std::int8_t>(1, {-1, 2})) == GgufValue(std::vector<Integer>{-1, 2}));
    CHECK(value_of(9, list_of<std::uint8_t>(7, {1, 0})) == GgufValue(std::vector<Integer>{1, 0}));
    CHECK(value_of(9, list_of<float>(6, {0.5f})) == GgufValue(std::vector<double>{0.5}));
    CHECK(value_of(9, list_of<std::int32_t>(5, {})) == GgufValue(std::vector<Integer>{}));
    const std::string inner = list_of<std::int32_t>(5, {1, 2});
    CHECK(value_of(9, bytes_of(9u) + bytes_of(2ull) + inner + inner) == GgufValue(std::monostate{}));
}

TEST_CASE("GGUF values: unknown types and integers that do not fit") {
    CHECK_THROWS_AS(value_of(13, "12345678"), coco::Error);
    CHECK_THROWS_AS(value_of(9, list_of<std::int32_t>(13, {1})), coco::Error);
    CHECK_THROWS_AS(value_of(10, bytes_of(~0ull)), coco::Error);
    CHECK_THROWS_AS(value_of(9, list_of<std::uint64_t>(10, {1ull << 63})), coco::Error);
}
