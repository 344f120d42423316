// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

#include <coco/core/half.hpp>

TEST_CASE("half precision: all finite values survive the conversion to float and back") {
    // The definition: (-1)^s 2^(e-15) (1 + m/1024), without the 1 where e = 0.
    for (std::uint32_t bits = 0; bits < 0x10000u; ++bits) {
        const int exponent = static_cast<int>(bits >> 10 & 31u), fraction = static_cast<int>(bits & 1023u);
        const float found = coco::half_to_float(static_cast<std::uint16_t>(bits));
        if (exponent == 31) {
            CHECK(std::isnan(found) == (fraction != 0));
            continue;
        }
        const double magnitude =
            exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(1024 + fraction, exponent - 25);
        REQUIRE(found == (bits >> 15 ? -magnitude : magnitude));
        REQUIRE(std::signbit(found) == (bits >> 15 == 1));
    }
    CHECK(coco::half_to_float(0x7c00) == std::numeric_limits<float>::infinity());
}

TEST_CASE(
    "bfloat16: all values survive the conversion; floats between are rounded to nearest, ties to even") {
    for (std::uint32_t bits = 0; bits < 0x10000u; ++bits) {
        const auto upper = static_cast<std::uint16_t>(bits);
        const float value = coco::bfloat_to_float(upper);
        if (std::isnan(value)) {
            CHECK(std::isnan(coco::bfloat_to_float(coco::float_to_bfloat(value))));
            continue;
        }
        REQUIRE(coco::float_to_bfloat(value) == upper);
        if (std::isinf(value) || (bits & 0x7fffu) == 0x7f7fu) continue;
        const float next = coco::bfloat_to_float(static_cast<std::uint16_t>(bits + 1));
        const float middle = value + (next - value) / 2;
        const auto even = static_cast<std::uint16_t>(bits % 2 == 0 ? bits : bits + 1);
        REQUIRE(coco::float_to_bfloat(middle) == even);
        REQUIRE(coco::float_to_bfloat(std::nextafter(middle, value)) == upper);
        REQUIRE(coco::float_to_bfloat(std::nextafter(middle, next)) == bits + 1);
    }
    CHECK(std::isinf(coco::bfloat_to_float(coco::float_to_bfloat(std::numeric_limits<float>::max()))));
}
