// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <string>

#include <coco/core/utf8.hpp>

using namespace coco::text;

TEST_CASE("UTF-8: every code point is encoded and decoded again") {
    for (char32_t point = 0; point <= 0x10FFFF; ++point) {
        if (point == 0xD800) point = 0xE000;
        std::string text;
        append(text, point);
        const CodePoint found = code_point(text, 0);
        REQUIRE(found.valid);
        REQUIRE(found.value == point);
        REQUIRE(found.bytes == text.size());
    }
}

TEST_CASE("UTF-8: invalid bytes are replaced as in the Unicode standard (tables 3-8 to 3-11)") {
    const std::string r = "\xEF\xBF\xBD";
    CHECK(replaced_invalid("\xC0\xAF\xE0\x80\xBF\xF0\x81\x82\x41") == r + r + r + r + r + r + r + r + "A");
    CHECK(replaced_invalid("\xED\xA0\x80\xED\xBF\xBF\xED\xAF\x41") == r + r + r + r + r + r + r + r + "A");
    CHECK(replaced_invalid("\xF4\x91\x92\x93\xFF\x41\x80\xBF\x42") == r + r + r + r + r + "A" + r + r + "B");
    CHECK(replaced_invalid("\xE1\x80\xE2\xF0\x91\x92\xF1\xBF\x41") == r + r + r + r + "A");
    CHECK(replaced_invalid("gr\xC3\xBC\xC3") == "gr\xC3\xBC" + r);
    CHECK(is_valid("gr\xC3\xBC\xC3\x9F"));
    CHECK(is_valid(r));
    CHECK_FALSE(is_valid("\xFC"));
}
