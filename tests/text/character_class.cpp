// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <string_view>

#include <coco/text/character_class.hpp>

using coco::text::CharacterClass;
using coco::text::class_of;

TEST_CASE("character classes: letters, numbers, white space and the rest") {
    for (char32_t c : std::u32string_view(U"aZéßЖ語ไ한ªǅ")) CHECK(class_of(c) == CharacterClass::letter);
    for (char32_t c : std::u32string_view(U"09²½Ⅷ①١৩")) CHECK(class_of(c) == CharacterClass::number);
    for (char32_t c : std::u32string_view(U"!'_^`€😀\u0301\u200d\u200b\ufeff\u180e\x00a9\x1c\x1f\x7f"))
        CHECK(class_of(c) == CharacterClass::other);
}

TEST_CASE("character classes: white space is the property White_Space, all 25 of it") {
    // Unicode PropList.txt
    const std::u32string_view white =
        U"\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007"
        U"\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000";
    REQUIRE(white.size() == 25);
    for (char32_t c = 0; c <= 0x10FFFF; ++c)
        REQUIRE((class_of(c) == CharacterClass::space) == (white.find(c) != std::u32string_view::npos));
}
