// SPDX-License-Identifier: Apache-2.0
/// \file
/// The classes of characters by which texts are cut into words: \p{L}, \p{N}, \s and the rest.
#pragma once

#include <utf8proc.h>

namespace coco::text {

enum class CharacterClass : unsigned char { letter, number, space, other };

/// The class of a code point: general category L or N, else the property White_Space. utf8proc 2.8 knows
/// Unicode 14; letters that came later count as `other`.
inline CharacterClass class_of(char32_t point) {
    if (point < 0x80) {
        const char32_t lower = point | 0x20;
        if (lower >= 'a' && lower <= 'z') return CharacterClass::letter;
        if (point >= '0' && point <= '9') return CharacterClass::number;
        return point == ' ' || (point >= 9 && point <= 13) ? CharacterClass::space : CharacterClass::other;
    }
    if (point == 0x85) return CharacterClass::space;  // "next line": white space, yet a control character
    const utf8proc_category_t category = utf8proc_category(static_cast<utf8proc_int32_t>(point));
    if (category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO) return CharacterClass::letter;
    if (category >= UTF8PROC_CATEGORY_ND && category <= UTF8PROC_CATEGORY_NO) return CharacterClass::number;
    if (category >= UTF8PROC_CATEGORY_ZS && category <= UTF8PROC_CATEGORY_ZP) return CharacterClass::space;
    return CharacterClass::other;
}

}  // namespace coco::text
