// SPDX-License-Identifier: Apache-2.0
/// \file
/// Bytes of a file as an error message shows them.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <coco/core/utf8.hpp>

namespace coco::data {

/// `text` in double quotes: its first `longest` bytes, control characters as \xNN, invalid UTF-8 as U+FFFD.
inline std::string in_quotes(std::string_view text, std::size_t longest = 60) {
    constexpr char digits[] = "0123456789abcdef";
    std::string out = "\"";
    for (const char c : text::replaced_invalid(text.substr(0, longest))) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte >= 0x20 && byte != 0x7F)
            out += c;
        else
            (out += "\\x").append({digits[byte >> 4], digits[byte & 15]});
    }
    return out + (text.size() > longest ? "...\"" : "\"");
}

}  // namespace coco::data
