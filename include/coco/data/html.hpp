// SPDX-License-Identifier: Apache-2.0
/// \file
/// Text of web pages as plain text: character references are decoded as `html.unescape` of Python decodes
/// them (HTML's rules for text), and white space is collapsed as by `" ".join(text.split())`.
#pragma once

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include <coco/core/utf8.hpp>
#include <coco/data/html_entities.hpp>

namespace coco::data {

/// The named character references and the numbers with a meaning of their own, parsed once.
class HtmlReferences {
public:
    struct Named {
        std::string text;
        bool bare;  ///< known without its semicolon too
    };

    static const HtmlReferences& get() {
        static const HtmlReferences references;
        return references;
    }

    /// The longest name at the begin of `text`, with its semicolon if it has one; null where there is none.
    const Named* longest(std::string_view text, std::size_t& length) const {
        std::size_t most = 0;
        while (most < text.size() && most < 32 && is_alphanumeric(text[most])) ++most;
        for (length = most; length >= 2; --length) {
            const auto found = names_.find(text.substr(0, length));
            if (found == names_.end()) continue;
            const bool closed = length < text.size() && text[length] == ';';
            if (!closed && !found->second.bare) continue;
            length += closed ? 1 : 0;
            return &found->second;
        }
        return nullptr;
    }

    /// What a numeric reference stands for; empty for control characters and noncharacters.
    std::string number(std::uint32_t value) const {
        std::string out;
        if (const auto found = numbers_.find(value); found != numbers_.end())
            text::append(out, found->second);
        else if ((value >= 0xD800 && value < 0xE000) || value > 0x10FFFF)
            text::append(out, text::replacement_character);
        else if (!is_no_character(value))
            text::append(out, value);
        return out;
    }

private:
    HtmlReferences() {
        each(html_entities, [this](std::string_view name, std::string_view codes, bool bare) {
            std::string text;
            const std::size_t plus = codes.find('+');
            text::append(text, hexadecimal(codes.substr(0, plus)));
            if (plus != std::string_view::npos) text::append(text, hexadecimal(codes.substr(plus + 1)));
            names_.emplace(name, Named{text, bare});
        });
        each(html_numbers, [this](std::string_view number, std::string_view code, bool) {
            numbers_.emplace(hexadecimal(number), hexadecimal(code));
        });
    }

    template <class Entry>
    static void each(std::string_view table, Entry&& entry) {
        while (!table.empty()) {
            const std::size_t sign = table.find_first_of("=*"), end = table.find(' ');
            entry(table.substr(0, sign), table.substr(sign + 1, end - sign - 1), table[sign] == '*');
            table.remove_prefix(end + 1);
        }
    }
    static char32_t hexadecimal(std::string_view digits) {
        std::uint32_t value = 0;
        std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
        return value;
    }
    static bool is_alphanumeric(char c) {
        return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    }
    static bool is_no_character(std::uint32_t c) {
        return (c >= 0x1 && c <= 0x8) || c == 0xB || (c >= 0xE && c <= 0x1F) || (c >= 0x7F && c <= 0x9F) ||
               (c >= 0xFDD0 && c <= 0xFDEF) || (c & 0xFFFE) == 0xFFFE;
    }

    std::unordered_map<std::string_view, Named> names_;
    std::unordered_map<std::uint32_t, char32_t> numbers_;
};

/// Decodes the character references of a text: "&eacute;", "&eacute", "&#233;", "&#xe9;"; what is none stays.
inline std::string unescape_html(std::string_view html) {
    const HtmlReferences& references = HtmlReferences::get();
    std::string out;
    for (std::size_t at = 0;;) {
        const std::size_t sign = html.find('&', at);
        out += html.substr(at, sign - at);
        if (sign == std::string_view::npos) return out;
        at = sign + 1;
        std::size_t length = 0;
        if (html.substr(at).starts_with('#')) {
            const bool hexadecimal = at + 1 < html.size() && (html[at + 1] | 0x20) == 'x';
            const char* const begin = html.data() + at + (hexadecimal ? 2 : 1);
            std::uint32_t value = 0;
            const auto [end, code] =
                std::from_chars(begin, html.data() + html.size(), value, hexadecimal ? 16 : 10);
            if (end == begin || code == std::errc::invalid_argument) {
                out += '&';
                continue;
            }
            out += references.number(code == std::errc{} ? value : 0xFFFFFFFF);
            at = static_cast<std::size_t>(end - html.data());
            if (at < html.size() && html[at] == ';') ++at;
        } else if (const HtmlReferences::Named* const named = references.longest(html.substr(at), length)) {
            out += named->text;
            at += length;
        } else {
            out += '&';
        }
    }
}

/// Converts HTML text to plain text of one line. Tags are left as they are.
inline std::string plain_text(std::string_view html) {
    const auto is_space = [](char32_t c) {
        return (c >= 0x9 && c <= 0xD) || (c >= 0x1C && c <= 0x20) || c == 0x85 || c == 0xA0 || c == 0x1680 ||
               (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F ||
               c == 0x3000;
    };
    const std::string decoded = unescape_html(html);
    std::string out;
    for (std::size_t at = 0; at < decoded.size();) {
        const text::CodePoint point = text::code_point(decoded, at);
        if (!is_space(point.value))
            out.append(decoded, at, point.bytes);
        else if (!out.empty() && out.back() != ' ')
            out += ' ';
        at += point.bytes;
    }
    if (out.ends_with(' ')) out.pop_back();
    return out;
}

/// Whether a text is only tags: what is left of a page that was not taken apart, as "</span></span>".
inline bool is_only_tags(std::string_view text) {
    bool tags = false;
    for (std::size_t at = 0; at < text.size();) {
        if (text[at] == ' ') {
            ++at;
            continue;
        }
        const std::size_t end = text.find('>', at);
        if (text[at] != '<' || end == std::string_view::npos) return false;
        tags = true;
        at = end + 1;
    }
    return tags;
}

}  // namespace coco::data
