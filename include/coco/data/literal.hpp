// SPDX-License-Identifier: Apache-2.0
/// \file
/// A cursor over one JSON value or the equivalent Python literal of Amazon's 2014 metadata (single quotes,
/// u'...', None, True, False). Reads the requested values and skips the others without building objects.
#pragma once

#include <cctype>
#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>

#include <coco/core/error.hpp>
#include <coco/core/types.hpp>

namespace coco::data {

/// Appends a code point as UTF-8.
inline void append_utf8(std::string& out, std::uint32_t code) {
    const auto tail = [&](int shift) { out += static_cast<char>(0x80 | ((code >> shift) & 0x3F)); };
    if (code < 0x80) {
        out += static_cast<char>(code);
    } else if (code < 0x800) {
        out += static_cast<char>(0xC0 | (code >> 6));
        tail(0);
    } else if (code < 0x10000) {
        out += static_cast<char>(0xE0 | (code >> 12));
        tail(6);
        tail(0);
    } else {
        out += static_cast<char>(0xF0 | (code >> 18));
        tail(12);
        tail(6);
        tail(0);
    }
}

/// Reads `text` from left to right. Every error names `where` and the column.
class Literal {
public:
    Literal(std::string_view text, const std::string& where) : text_(text), where_(where) {}

    /// Calls `member(key)` for each member of an object; it must read or skip the value.
    template <class Member>
    void members(Member&& member) {
        expect('{');
        if (accept('}')) return;
        do {
            if (peek() == '}') break;  // Python allows a trailing comma
            const std::string key = string();
            expect(':');
            member(key);
        } while (accept(','));
        expect('}');
    }

    /// Calls `element()` for each element of a list; it must read or skip the value.
    template <class Element>
    void elements(Element&& element) {
        const char close = peek() == '(' ? ')' : ']';
        expect(close == ')' ? '(' : '[');
        if (accept(close)) return;
        do {
            if (peek() == close) break;
            element();
        } while (accept(','));
        expect(close);
    }

    /// A string; null and None give an empty one.
    std::string string() {
        if (word("null") || word("None")) return {};
        peek();
        if (at_ + 1 < text_.size() && text_[at_] == 'u' && (text_[at_ + 1] == '\'' || text_[at_ + 1] == '"'))
            ++at_;
        const char quote = peek();
        if (quote != '"' && quote != '\'') fail("a string");
        ++at_;
        std::string out;
        for (;;) {
            const std::size_t stop = text_.find_first_of(quote == '"' ? "\"\\" : "'\\", at_);
            if (stop == std::string_view::npos) fail("the end of a string");
            out += text_.substr(at_, stop - at_);
            at_ = stop + 1;
            if (text_[stop] == quote) return out;
            escape(out);
        }
    }

    double number() {
        peek();
        double value = 0;
        const auto [end, code] = std::from_chars(text_.data() + at_, text_.data() + text_.size(), value);
        if (code != std::errc{}) fail("a number");
        at_ = static_cast<std::size_t>(end - text_.data());
        return value;
    }

    /// Skips one value of any kind.
    void skip() {
        const char next = peek();
        if (next == '{') return members([this](const std::string&) { skip(); });
        if (next == '[' || next == '(') return elements([this] { skip(); });
        if (word("true") || word("false") || word("True") || word("False")) return;
        if (next == '-' || std::isdigit(static_cast<unsigned char>(next)) != 0)
            number();
        else
            string();
    }

    /// The next character that is not white space; '\0' at the end.
    char peek() {
        while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t')) ++at_;
        return at_ < text_.size() ? text_[at_] : '\0';
    }

    /// Checks that nothing is left.
    void end() {
        if (peek() != '\0') fail("nothing more");
    }

private:
    [[noreturn]] void fail(const char* expected) const {
        const std::string found = at_ < text_.size() ? text_of("'", text_[at_], "'") : "the end of the line";
        throw Error(where_, text_of("not JSON at column ", at_ + 1), expected, found);
    }

    bool accept(char c) {
        if (peek() != c) return false;
        ++at_;
        return true;
    }

    void expect(char c) {
        if (!accept(c)) fail(c == '{' ? "'{'" : c == '}' ? "',' or '}'" : c == ':' ? "':'" : "a list");
    }

    bool word(std::string_view name) {
        peek();
        if (text_.substr(at_, name.size()) != name) return false;
        at_ += name.size();
        return true;
    }

    std::uint32_t hex(std::size_t digits) {
        std::uint32_t value = 0;
        const char* const begin = text_.data() + at_;
        if (at_ + digits > text_.size()) fail("hexadecimal digits");
        const auto [end, code] = std::from_chars(begin, begin + digits, value, 16);
        if (code != std::errc{} || end != begin + digits) fail("hexadecimal digits");
        at_ += digits;
        return value;
    }

    void escape(std::string& out) {
        if (at_ >= text_.size()) fail("the end of a string");
        const char c = text_[at_++];
        switch (c) {
            case 'n':
                out += '\n';
                break;
            case 't':
                out += '\t';
                break;
            case 'r':
                out += '\r';
                break;
            case 'b':
                out += '\b';
                break;
            case 'f':
                out += '\f';
                break;
            case 'x':
                append_utf8(out, hex(2));
                break;
            case 'u':
                unicode(out);
                break;
            default:
                out += c;
        }
    }

    void unicode(std::string& out) {
        std::uint32_t code = hex(4);
        if (code >= 0xD800 && code < 0xDC00 && text_.substr(at_, 2) == "\\u") {
            at_ += 2;
            const std::uint32_t low = hex(4);
            if (low < 0xDC00 || low > 0xDFFF) fail("the second half of a surrogate pair");
            code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
        }
        append_utf8(out, code >= 0xD800 && code < 0xE000 ? 0xFFFD : code);
    }

    std::string_view text_;
    const std::string& where_;
    std::size_t at_ = 0;
};

}  // namespace coco::data
