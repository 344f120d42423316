// SPDX-License-Identifier: Apache-2.0
/// \file
/// The smallest parts of a JSON value or a Python literal: numbers, and escape sequences of strings.
#pragma once

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <system_error>

#include <coco/core/utf8.hpp>

namespace coco::data {

/// Which escape sequences a string has. In `json` those of Python that JSON does not have are read as well,
/// as long as they mean nothing else; an unknown one is an error, while Python keeps its backslash.
enum class Escapes { json, python, python_bytes };

/// Appends what the escape sequence behind a backslash stands for to `out`; `at`, its first character, moves
/// behind it. Half of a surrogate pair gives U+FFFD and sets `replaced`. \returns null, or what was expected
/// at `at`
inline const char* read_escape(std::string_view text, std::size_t& at, Escapes rules, std::string& out,
                               bool& replaced) {
    const auto digits = [&](std::size_t count, int base, std::uint32_t& value) {
        if (at + count > text.size()) return false;
        const char *const begin = text.data() + at, *const end = begin + count;
        const auto [stop, code] = std::from_chars(begin, end, value, base);
        if (code != std::errc{} || stop != end) return false;
        at += count;
        return true;
    };
    const bool bytes = rules == Escapes::python_bytes;
    const auto add = [&](std::uint32_t value) {
        if (bytes)
            out += static_cast<char>(static_cast<unsigned char>(value));
        else
            text::append(out, value);
    };
    if (at >= text.size()) return "the end of a string";
    static constexpr std::string_view names = "ntrbfav\"'\\", values = "\n\t\r\b\f\a\v\"'\\";
    const char c = text[at++];
    std::uint32_t value = 0;
    if (const std::size_t simple = names.find(c); simple != std::string_view::npos) {
        out += values[simple];
    } else if (c == '/' && rules == Escapes::json) {
        out += c;
    } else if (c >= '0' && c <= '7') {
        --at;
        std::size_t count = 0;
        while (count < 3 && at + count < text.size() && text[at + count] >= '0' && text[at + count] <= '7')
            ++count;
        digits(count, 8, value);
        add(value);
    } else if (c == 'x') {
        if (!digits(2, 16, value)) return "hexadecimal digits";
        add(value);
    } else if (c == 'U' && !bytes) {
        if (!digits(8, 16, value)) return "hexadecimal digits";
        if (value > 0x10FFFF) return "a code point up to 10FFFF";
        replaced = replaced || (value >= 0xD800 && value < 0xE000);
        add(value >= 0xD800 && value < 0xE000 ? text::replacement_character : value);
    } else if (c == 'u' && !bytes) {
        if (!digits(4, 16, value)) return "hexadecimal digits";
        if (value >= 0xD800 && value < 0xDC00 && text.substr(at, 2) == "\\u") {
            at += 2;
            std::uint32_t low = 0;
            if (!digits(4, 16, low)) return "hexadecimal digits";
            if (low < 0xDC00 || low > 0xDFFF) return "the second half of a surrogate pair";
            value = 0x10000 + ((value - 0xD800) << 10) + (low - 0xDC00);
        }
        const bool half = value >= 0xD800 && value < 0xE000;
        replaced = replaced || half;
        add(half ? text::replacement_character : value);
    } else if (c == 'N' && !bytes) {
        return "a character by its number: names, \\N{...}, are not read";
    } else if (rules == Escapes::json) {
        return "an escape sequence of JSON";
    } else {
        (out += '\\') += c;
    }
    return nullptr;
}

/// A number at the begin of a text, and how many characters it has; 0 where there is none.
struct NumberPart {
    double value = 0;
    std::size_t length = 0;
};

/// Reads a number of JSON or Python: a sign, decimal digits (in Python with single underscores between them),
/// a fraction and an exponent; in Python also 0x, 0o and 0b. Too large ones are infinite, "NaN", "Infinity"
/// and
/// "-Infinity", as Python's json writes them, are what they say.
inline NumberPart number_at(std::string_view text) {
    std::size_t at = 0;
    const bool negative = text.starts_with('-');
    if (negative || text.starts_with('+')) ++at;
    const double sign = negative ? -1 : 1;
    for (const std::string_view word : {"NaN", "Infinity"})
        if (text.substr(at, word.size()) == word)
            return {word == "NaN" ? std::numeric_limits<double>::quiet_NaN()
                                  : sign * std::numeric_limits<double>::infinity(),
                    at + word.size()};
    const auto value_of = [](char c) {
        return c >= '0' && c <= '9'   ? c - '0'
               : c >= 'a' && c <= 'f' ? c - 'a' + 10
               : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                      : 99;
    };
    std::string digits;
    const auto take = [&](int base) {
        const std::size_t begin = at;
        for (; at < text.size(); ++at) {
            if (value_of(text[at]) < base)
                digits += text[at];
            else if (text[at] != '_' || (at == begin && base == 10) || text[at - 1] == '_' ||
                     at + 1 == text.size() || value_of(text[at + 1]) >= base)
                break;
        }
        return at - begin;
    };
    const char kind = at + 1 < text.size() && text[at] == '0' ? static_cast<char>(text[at + 1] | 0x20) : ' ';
    if (const int base = kind == 'x' ? 16 : kind == 'o' ? 8 : kind == 'b' ? 2 : 0; base != 0) {
        at += 2;
        if (take(base) == 0) return {};
        double value = 0;
        for (const char c : digits) value = value * base + value_of(c);
        return {sign * value, at};
    }
    const std::size_t whole = take(10);
    std::size_t fraction = 0;
    if (at < text.size() && text[at] == '.') {
        digits += text[at++];
        fraction = take(10);
    }
    if (whole + fraction == 0) return {};
    if (at < text.size() && (text[at] | 0x20) == 'e') {
        const std::size_t before = at++;
        std::string exponent = "e";
        if (at < text.size() && (text[at] == '-' || text[at] == '+')) exponent += text[at++];
        digits.swap(exponent);
        const std::size_t count = take(10);
        digits.swap(exponent);
        if (count == 0)
            at = before;
        else
            digits += exponent;
    }
    // 007 has no meaning in either language; 00 and 07.5 have one in Python.
    const bool integer = digits.find_first_of(".e") == std::string::npos;
    if (integer && whole > 1 && digits[0] == '0' && digits.find_first_not_of('0') != std::string::npos)
        return {};
    double value = 0;
    const auto [end, code] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (code == std::errc::result_out_of_range) {
        const std::size_t e = digits.find('e');
        const bool small = e != std::string::npos && digits.find('-', e) != std::string::npos;
        value = small ? 0 : std::numeric_limits<double>::infinity();
    }
    return {sign * value, at};
}

}  // namespace coco::data
