// SPDX-License-Identifier: Apache-2.0
/// \file
/// GPT-2's byte-to-character mapping: one printable character for each of the 256 bytes. Byte-level
/// vocabularies are written in these stand-ins. Source: `bytes_to_unicode` of openai/gpt-2.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include <coco/core/utf8.hpp>

namespace coco::text {

/// Printable bytes map to themselves; the others map, in order, to U+0100 and above (a space to U+0120).
constexpr std::array<char32_t, 256> byte_stand_ins() {
    std::array<char32_t, 256> stand_in{};
    char32_t next = 0x100;
    for (unsigned byte = 0; byte < 256; ++byte) {
        const bool printable = (byte > 32 && byte < 127) || (byte > 160 && byte != 173);
        stand_in[byte] = printable ? char32_t{byte} : next++;
    }
    return stand_in;
}

/// The stand-ins of a text's bytes.
inline std::string to_stand_ins(std::string_view bytes) {
    static constexpr auto stand_in = byte_stand_ins();
    std::string text;
    for (char byte : bytes) append(text, stand_in[static_cast<unsigned char>(byte)]);
    return text;
}

/// The bytes that the stand-ins represent. A text with any other character is returned unchanged.
inline std::string from_stand_ins(std::string_view text) {
    static constexpr std::size_t last = 0x143;
    static constexpr auto byte_of = [] {
        std::array<int, last + 1> inverse{};
        for (int& byte : inverse) byte = -1;
        for (int byte = 0; byte < 256; ++byte)
            inverse[byte_stand_ins()[static_cast<std::size_t>(byte)]] = byte;
        return inverse;
    }();
    std::string bytes;
    for (std::size_t at = 0; at < text.size();) {
        const CodePoint point = code_point(text, at);
        if (!point.valid || point.value > last || byte_of[point.value] < 0) return std::string(text);
        bytes += static_cast<char>(static_cast<unsigned char>(byte_of[point.value]));
        at += point.bytes;
    }
    return bytes;
}

}  // namespace coco::text
