// SPDX-License-Identifier: Apache-2.0
/// \file
/// Normal form C (Unicode Standard Annex #15): accents composed with their letters, marks in canonical order.
#pragma once

#include <utf8proc.h>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <coco/core/error.hpp>
#include <coco/core/utf8.hpp>

namespace coco::text {

/// Whether all characters of a text are below U+0300. Such characters are unchanged by normal form C and do
/// not combine with the character before them.
inline bool is_surely_nfc(std::string_view text) {
    return std::none_of(text.begin(), text.end(),
                        [](char byte) { return static_cast<unsigned char>(byte) >= 0xCC; });
}

/// The normal form C of a UTF-8 text. Linear in its length, for any number of consecutive marks; slices with
/// only characters below U+0300 are copied.
class Nfc {
public:
    std::string operator()(std::string_view text) {
        std::string normal;
        normal.reserve(text.size());
        for (std::size_t at = 0; at < text.size();) {
            // A slice that may change begins at the character with which its first mark may combine.
            std::size_t end = at;
            while (end < text.size() && static_cast<unsigned char>(text[end]) < 0xCC) ++end;
            if (end < text.size() && end > at) end = begin_of_character(text, end - 1);
            normal.append(text.substr(at, end - at));
            at = end;
            while (end < text.size() && (end == at || static_cast<unsigned char>(text[end]) >= 0x80))
                end += code_point(text, end).bytes;
            compose(text.substr(at, end - at), normal);
            at = end;
        }
        return normal;
    }

private:
    static std::size_t begin_of_character(std::string_view text, std::size_t at) {
        while ((static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) --at;
        return at;
    }

    void compose(std::string_view slice, std::string& normal) {
        points_.clear();
        for (std::size_t at = 0; at < slice.size();) {
            const CodePoint point = code_point(slice, at);
            decompose(static_cast<utf8proc_int32_t>(point.value));
            at += point.bytes;
        }
        order_marks();
        const utf8proc_ssize_t count =
            utf8proc_normalize_utf32(points_.data(), static_cast<utf8proc_ssize_t>(points_.size()),
                                     static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE));
        if (count < 0) throw Error("normal form C", utf8proc_errmsg(count));
        for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i)
            append(normal, static_cast<char32_t>(points_[i]));
    }

    void decompose(utf8proc_int32_t point) {
        constexpr int longest = 4;  // maximum length of a canonical decomposition
        const std::size_t size = points_.size();
        points_.resize(size + longest);
        int boundary = 0;
        const utf8proc_ssize_t length = utf8proc_decompose_char(
            point, points_.data() + size, longest,
            static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_DECOMPOSE), &boundary);
        if (length < 0 || length > longest)
            throw Error("normal form C", length < 0 ? utf8proc_errmsg(length) : "character too long");
        points_.resize(size + static_cast<std::size_t>(length));
    }

    /// Own ordering of marks, because utf8proc's is quadratic in the length of a run of marks.
    void order_marks() {
        const auto rank = [](utf8proc_int32_t point) {
            return utf8proc_get_property(point)->combining_class;
        };
        for (std::size_t at = 0; at < points_.size();) {
            std::size_t end = at;
            while (end < points_.size() && rank(points_[end]) != 0) ++end;
            const auto first = points_.begin() + static_cast<std::ptrdiff_t>(at);
            const auto last = points_.begin() + static_cast<std::ptrdiff_t>(end);
            if (end - at > 1)
                std::stable_sort(first, last, [&](auto a, auto b) { return rank(a) < rank(b); });
            at = end + 1;
        }
    }

    std::vector<utf8proc_int32_t> points_;
};

/// The normal form C of a UTF-8 text.
inline std::string nfc(std::string_view text) {
    return is_surely_nfc(text) ? std::string(text) : Nfc()(text);
}

}  // namespace coco::text
