// SPDX-License-Identifier: Apache-2.0
/// \file
/// The character classes by which texts are split into words: \p{L}, \p{N}, \s and the rest.
#pragma once

#include <utf8proc.h>

#include <array>

namespace coco::text {

enum class CharacterClass : unsigned char { letter, number, space, other };

/// The class of a code point below 0x80.
inline CharacterClass class_of_ascii(unsigned char point) {
    static constexpr auto table = [] {
        std::array<CharacterClass, 128> classes{};
        for (unsigned p = 0; p < 128; ++p) {
            const unsigned lower = p | 0x20;
            classes[p] = lower >= 'a' && lower <= 'z'           ? CharacterClass::letter
                         : p >= '0' && p <= '9'                 ? CharacterClass::number
                         : p == ' ' || (p >= '\t' && p <= '\r') ? CharacterClass::space
                                                                : CharacterClass::other;
        }
        return classes;
    }();
    return table[point];
}

/// The class of a code point: general category L or N, else the property White_Space. utf8proc 2.8 implements
/// Unicode 15; letters that were added later count as `other`.
inline CharacterClass class_of(char32_t point) {
    if (point < 0x80) return class_of_ascii(static_cast<unsigned char>(point));
    if (point == 0x85) return CharacterClass::space;  // "next line": white space, yet a control character
    const utf8proc_category_t category = utf8proc_category(static_cast<utf8proc_int32_t>(point));
    if (category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO) return CharacterClass::letter;
    if (category >= UTF8PROC_CATEGORY_ND && category <= UTF8PROC_CATEGORY_NO) return CharacterClass::number;
    if (category >= UTF8PROC_CATEGORY_ZS && category <= UTF8PROC_CATEGORY_ZP) return CharacterClass::space;
    return CharacterClass::other;
}

}  // namespace coco::text
