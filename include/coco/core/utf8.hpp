// SPDX-License-Identifier: Apache-2.0
/// \file
/// UTF-8: decodes and encodes code points, and replaces invalid sequences. (Its names are in `coco::text`;
/// the readers of data, a lower level, need it too.)
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace coco::text {

/// Replaces what cannot be decoded.
inline constexpr char32_t replacement_character = 0xFFFD;

/// A code point and its number of bytes.
struct CodePoint {
    char32_t value;
    std::size_t bytes;
    bool valid;
};

/// The code point at `at` < text.size(). An invalid sequence (overlong form, surrogate, number beyond
/// U+10FFFF, truncated sequence) gives U+FFFD and takes the longest run of bytes that a valid sequence could
/// begin with, at least one (Unicode, "substitution of maximal subparts").
inline CodePoint code_point(std::string_view text, std::size_t at) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned lead = byte(at);
    if (lead < 0x80) return {lead, 1, true};
    const std::size_t length = lead < 0xC2 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF5 ? 4 : 0;
    if (length == 0) return {replacement_character, 1, false};
    // The second byte alone shows overlong forms, surrogates and too large numbers.
    unsigned low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    unsigned high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
    char32_t value = lead & (0x7Fu >> length);
    for (std::size_t i = 1; i < length; ++i) {
        if (at + i >= text.size() || byte(at + i) < low || byte(at + i) > high)
            return {replacement_character, i, false};
        value = value << 6 | (byte(at + i) & 0x3Fu);
        low = 0x80;
        high = 0xBF;
    }
    return {value, length, true};
}

/// Appends a code point, at most U+10FFFF.
inline void append(std::string& text, char32_t value) {
    const auto byte = [&](char32_t bits) { text += static_cast<char>(static_cast<unsigned char>(bits)); };
    if (value < 0x80) return byte(value);
    if (value < 0x800) {
        byte(0xC0 | value >> 6);
    } else {
        if (value < 0x10000) {
            byte(0xE0 | value >> 12);
        } else {
            byte(0xF0 | value >> 18);
            byte(0x80 | (value >> 12 & 0x3F));
        }
        byte(0x80 | (value >> 6 & 0x3F));
    }
    byte(0x80 | (value & 0x3F));
}

/// Whether the whole text is valid UTF-8.
inline bool is_valid(std::string_view text) {
    for (std::size_t at = 0; at < text.size();) {
        std::uint64_t eight = 0;
        if (text.size() - at >= sizeof eight) std::memcpy(&eight, text.data() + at, sizeof eight);
        if (text.size() - at >= sizeof eight && (eight & 0x8080808080808080u) == 0) {
            at += sizeof eight;
            continue;
        }
        const CodePoint point = code_point(text, at);
        if (!point.valid) return false;
        at += point.bytes;
    }
    return true;
}

/// The text with all invalid UTF-8 replaced by U+FFFD.
inline std::string replaced_invalid(std::string_view text) {
    std::string valid;
    valid.reserve(text.size());
    for (std::size_t at = 0; at < text.size();) {
        const CodePoint point = code_point(text, at);
        append(valid, point.value);
        at += point.bytes;
    }
    return valid;
}

}  // namespace coco::text
