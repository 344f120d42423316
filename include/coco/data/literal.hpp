// SPDX-License-Identifier: Apache-2.0
/// \file
/// A cursor over one JSON value or the equivalent Python literal of Amazon's 2014 metadata, as
/// `ast.literal_eval` reads it. Reads the requested values and skips the others without building objects.
#pragma once

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstddef>
#include <string>
#include <string_view>

#include <coco/core/error.hpp>
#include <coco/data/in_quotes.hpp>
#include <coco/data/literal_parts.hpp>

namespace coco::data {

/// Reads `text` from left to right. Every error names `where` and the column. Whether it is Python is seen by
/// its first string in single quotes or with a prefix.
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

    /// A string; null, None and NaN give an empty one. Python's may have a prefix (u, r, b), three quotes,
    /// and parts that follow one another. Bytes (b'...') are what they are, UTF-8 or not.
    std::string string() {
        if (missing()) return {};
        std::string out;
        do string_part(out);
        while (python_ && at_string());
        return out;
    }

    /// Whether `string()` has read half of a surrogate pair, as U+FFFD.
    bool replaced() const { return replaced_; }

    /// Reads null, None or NaN if it is next.
    bool missing() { return word("null") || word("None") || word("NaN"); }

    /// \throws Error unless a finite number is next
    double number() {
        peek();
        const NumberPart number = number_at(text_.substr(at_));
        if (number.length == 0 || !std::isfinite(number.value)) fail("a number");
        at_ += number.length;
        return number.value;
    }

    /// Skips one value of any kind.
    void skip() {
        const Deeper deeper(*this);
        const char next = peek();
        if (next == '{') return python_ ? skip_braces() : members([this](const std::string&) { skip(); });
        if (next == '[' || next == '(') return elements([this] { skip(); });
        if (word("true") || word("false") || word("True") || word("False") || missing()) return;
        if (at_string()) {
            const bool before = replaced_;
            string();
            replaced_ = before;
            return;
        }
        const NumberPart number = number_at(text_.substr(at_));
        if (number.length == 0)
            fail(next == '-' || next == '+' || std::isdigit(static_cast<unsigned char>(next)) != 0
                     ? "a number"
                     : "a string");
        at_ += number.length;
    }

    /// Skips a value that is not read. It must end where it ends, by quotes and brackets; what is between
    /// does not matter.
    void pass_over() {
        std::string open;
        for (;;) {
            const char next = peek();
            if (at_ == text_.size()) fail(open.empty() ? "a value" : "the end of a value");
            if (next == '"' || next == '\'') {
                pass_over_string(next);
            } else if (next == '{' || next == '[' || next == '(') {
                open += next == '{' ? '}' : next == '[' ? ']' : ')';
                ++at_;
            } else if (next == '}' || next == ']' || next == ')') {
                if (open.empty() || open.back() != next) fail("a value");
                open.pop_back();
                ++at_;
            } else if (open.empty() && (next == ',' || next == ':')) {
                fail("a value");
            } else {
                ++at_;
            }
            if (!open.empty()) continue;
            const char end = peek();
            if (at_ == text_.size() || end == ',' || end == '}' || end == ']' || end == ')') return;
        }
    }

    /// The next character that is not white space; '\0' at the end.
    char peek() {
        while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\f')) ++at_;
        return at_ < text_.size() ? text_[at_] : '\0';
    }

    /// Checks that nothing is left.
    void end() {
        peek();
        if (at_ < text_.size()) fail("nothing more");
    }

private:
    [[noreturn]] void fail(const char* expected) const {
        const std::string found =
            at_ < text_.size() ? in_quotes(text_.substr(at_, 12)) : std::string("the end of the line");
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

    /// Whether a string is next, with or without a prefix.
    bool at_string() {
        peek();
        const std::string_view next = text_.substr(at_, 3);
        const std::size_t quote = next.find_first_of("'\"");
        if (quote == std::string_view::npos) return false;
        std::string prefix(next.substr(0, quote));
        for (char& c : prefix) c = static_cast<char>(c | 0x20);
        return prefix.empty() || prefix == "u" || prefix == "r" || prefix == "b" || prefix == "br" ||
               prefix == "rb";
    }

    void string_part(std::string& out) {
        bool raw = false, bytes = false;
        if (at_string())
            for (; text_[at_] != '"' && text_[at_] != '\''; ++at_) {
                python_ = true;
                raw = raw || (text_[at_] | 0x20) == 'r';
                bytes = bytes || (text_[at_] | 0x20) == 'b';
            }
        const char quote = peek();
        if (quote != '"' && quote != '\'') fail("a string");
        python_ = python_ || quote == '\'';
        const std::string_view end = closing(quote);
        at_ += end.size();
        const Escapes rules = bytes ? Escapes::python_bytes : python_ ? Escapes::python : Escapes::json;
        const char stops[] = {quote, '\\', '\0'};
        for (;;) {
            const std::size_t stop = text_.find_first_of(stops, at_);
            if (stop == std::string_view::npos) fail("the end of a string");
            const std::string_view plain = text_.substr(at_, stop - at_);
            if (bytes && std::any_of(plain.begin(), plain.end(), [](char c) { return (c & 0x80) != 0; }))
                fail("ASCII in bytes");
            out += plain;
            at_ = stop;
            if (text_.substr(at_, end.size()) == end) {
                at_ += end.size();
                return;
            }
            out += text_[at_++];  // a backslash, or a quote of another kind
            if (text_[stop] != '\\') continue;
            if (raw) {
                if (at_ == text_.size()) fail("the end of a string");
                out += text_[at_++];
                continue;
            }
            out.pop_back();
            const std::size_t begin = at_;
            if (const char* const expected = read_escape(text_, at_, rules, out, replaced_)) {
                at_ = begin;
                fail(expected);
            }
        }
    }

    /// The quotes that end a string which begins here: three of them in Python, if there are three.
    std::string_view closing(char quote) const {
        const std::string_view three = quote == '"' ? R"(""")" : "\'\'\'";
        return three.substr(0, text_.substr(at_, 3) == three ? 3 : 1);
    }

    void pass_over_string(char quote) {
        const std::string_view end = closing(quote);
        const char stops[] = {quote, '\\', '\0'};
        for (at_ += end.size();;) {
            at_ = text_.find_first_of(stops, at_);
            if (at_ == std::string_view::npos || (text_[at_] == '\\' && at_ + 1 == text_.size())) {
                at_ = text_.size();
                fail("the end of a string");
            }
            if (text_.substr(at_, end.size()) == end) break;
            at_ += text_[at_] == '\\' ? 2u : 1u;
        }
        at_ += end.size();
    }

    /// A dictionary with keys of any kind, or a set.
    void skip_braces() {
        expect('{');
        while (peek() != '}') {
            skip();
            if (accept(':')) skip();
            if (!accept(',')) break;
        }
        expect('}');
    }

    /// One level of nesting: the calls of `skip` for the levels of a value are limited.
    struct Deeper {
        explicit Deeper(Literal& literal) : literal_(literal) {
            if (++literal_.depth_ > 200) literal_.fail("at most 200 levels");
        }
        ~Deeper() { --literal_.depth_; }
        Deeper(const Deeper&) = delete;
        Deeper& operator=(const Deeper&) = delete;
        Literal& literal_;
    };

    std::string_view text_;
    const std::string& where_;
    std::size_t at_ = 0;
    int depth_ = 0;
    bool python_ = false, replaced_ = false;
};

}  // namespace coco::data
