// SPDX-License-Identifier: Apache-2.0
/// \file
/// Splits a Jinja template into text, statements and expressions, and these into tokens. White space is
/// treated as transformers has it for chat templates (`trim_blocks`, `lstrip_blocks`).
#pragma once

#include <cctype>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <coco/core/error.hpp>
#include <coco/core/utf8.hpp>
#include <coco/text/chat.hpp>

namespace coco::io::jinja {

/// A token within `{{ }}` or `{% %}`.
struct Token {
    enum class Kind : unsigned char { name, text, number, sign, end };
    Kind kind = Kind::end;
    std::string value;  ///< of a text: with its escapes resolved

    bool is(std::string_view sign) const {
        return (kind == Kind::sign || kind == Kind::name) && value == sign;
    }
};

/// A part of a template: raw text, or the tokens of an expression or a statement.
struct Piece {
    enum class Kind : unsigned char { text, output, statement };
    Kind kind = Kind::text;
    std::string text;
    std::vector<Token> tokens;
    std::size_t line = 1;  ///< in the template
};

class Lexer {
public:
    /// \param where  names the template in errors
    Lexer(std::string_view source, std::string where) : where_(std::move(where)) {
        // Jinja reads any line end as "\n", and leaves the last one out.
        for (std::size_t i = 0; i < source.size(); ++i) {
            const bool pair = source[i] == '\r' && i + 1 < source.size() && source[i + 1] == '\n';
            if (!pair) lines_ += source[i] == '\r' ? '\n' : source[i];
        }
        if (lines_.ends_with('\n')) lines_.pop_back();
        source_ = lines_;
    }
    Lexer(const Lexer&) = delete;
    Lexer& operator=(const Lexer&) = delete;

    /// \throws Error, which names the line
    std::vector<Piece> pieces() {
        std::vector<Piece> all;
        std::string text;
        const auto flush = [&] {
            if (!text.empty()) all.push_back({Piece::Kind::text, std::exchange(text, {}), {}, line_});
        };
        while (at_ < source_.size()) {
            std::size_t open = at_;
            while ((open = source_.find('{', open)) != std::string_view::npos) {
                const char next = open + 1 < source_.size() ? source_[open + 1] : ' ';
                if (next == '{' || next == '%' || next == '#') break;
                ++open;
            }
            if (open == std::string_view::npos) open = source_.size();
            const std::string_view before = source_.substr(at_, open - at_);
            if (open == source_.size()) {
                text += before;
                break;
            }
            const char kind = source_[open + 1];
            const char control = open + 2 < source_.size() ? source_[open + 2] : ' ';
            text += stripped(before, kind, control, open);
            advance(open + 2 + (control == '-' || control == '+' ? 1 : 0));
            if (kind == '#') {
                const std::size_t end = source_.find("#}", at_);
                if (end == std::string_view::npos) fail("comment without an end");
                const bool all_space = end > at_ && source_[end - 1] == '-';
                advance(end + 2);
                skip_after(all_space, true);
                continue;
            }
            flush();
            Piece piece{kind == '{' ? Piece::Kind::output : Piece::Kind::statement, {}, {}, line_};
            piece.tokens = tokens(kind == '{' ? "}}" : "%}", kind == '%');
            all.push_back(std::move(piece));
        }
        flush();
        return all;
    }

private:
    /// Where a part of a text ends in it.
    static std::size_t end_of(std::string_view part, std::string_view of) {
        return static_cast<std::size_t>(part.data() - of.data()) + part.size();
    }
    static bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

    [[noreturn]] void fail(std::string_view problem, std::string_view found = {}) const {
        throw Error(text_of(where_, ":", line_), problem, {}, found);
    }

    void advance(std::size_t to) {
        for (; at_ < to; ++at_) line_ += source_[at_] == '\n';
    }

    /// The text before a tag, without the white space that the tag removes.
    std::string_view stripped(std::string_view before, char kind, char control, std::size_t open) const {
        if (control == '-') {
            // Python's white space, which is more than ASCII's.
            const std::string_view inner = text::without_white_space(before);
            before = inner.empty() ? inner : before.substr(0, end_of(inner, before));
        } else if (kind != '{' && control != '+') {
            std::size_t begin = open;
            while (begin > at_ && (source_[begin - 1] == ' ' || source_[begin - 1] == '\t')) --begin;
            const bool line_start = begin == 0 || source_[begin - 1] == '\n';
            if (line_start && begin >= at_) before.remove_suffix(open - begin);
        }
        return before;
    }

    /// White space after a tag: all of it, or after statements and comments the end of the line.
    void skip_after(bool all, bool line_end) {
        std::size_t to = at_;
        if (all) {
            const std::string_view rest = source_.substr(to), inner = text::without_white_space(rest);
            to = inner.empty() ? source_.size() : to + end_of(inner, rest) - inner.size();
        } else if (line_end && to < source_.size() && source_[to] == '\n') {
            ++to;
        }
        advance(to);
    }

    std::vector<Token> tokens(std::string_view close, bool statement) {
        std::vector<Token> list;
        for (int open = 0;;) {
            while (at_ < source_.size() && is_space(source_[at_])) advance(at_ + 1);
            const std::string_view rest = source_.substr(at_);
            if (rest.empty()) fail("tag without an end");
            if (open == 0)
                for (const std::string_view control : {"-", "+", ""})
                    if (rest.starts_with(control) && rest.substr(control.size()).starts_with(close)) {
                        advance(at_ + control.size() + close.size());
                        skip_after(control == "-", statement && control.empty());
                        list.push_back({});
                        return list;
                    }
            list.push_back(token(rest));
            const std::string& sign = list.back().value;
            if (list.back().kind == Token::Kind::sign)
                open +=
                    (sign == "(" || sign == "[" || sign == "{") - (sign == ")" || sign == "]" || sign == "}");
        }
    }

    Token token(std::string_view rest) {
        const auto word = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; };
        const char first = rest.front();
        if (first == '\'' || first == '"') return {Token::Kind::text, quoted(first)};
        std::size_t length = 0;
        if (std::isdigit(static_cast<unsigned char>(first)) != 0) {
            while (length < rest.size() &&
                   (std::isdigit(static_cast<unsigned char>(rest[length])) != 0 ||
                    (rest[length] == '.' && length + 1 < rest.size() &&
                     std::isdigit(static_cast<unsigned char>(rest[length + 1])) != 0)))
                ++length;
            advance(at_ + length);
            return {Token::Kind::number, std::string(rest.substr(0, length))};
        }
        if (word(first)) {
            while (length < rest.size() && word(rest[length])) ++length;
            advance(at_ + length);
            return {Token::Kind::name, std::string(rest.substr(0, length))};
        }
        for (const std::string_view sign : {"==", "!=", "<=", ">=", "//", "**"})
            if (rest.starts_with(sign)) {
                advance(at_ + 2);
                return {Token::Kind::sign, std::string(sign)};
            }
        if (std::string_view("()[]{}.,:|=<>+-*/%~").find(first) == std::string_view::npos)
            fail("unknown sign in a tag", rest.substr(0, 1));
        advance(at_ + 1);
        return {Token::Kind::sign, std::string(1, first)};
    }

    std::string quoted(char quote) {
        std::string text;
        std::size_t at = at_ + 1;
        for (; at < source_.size() && source_[at] != quote; ++at) {
            if (source_[at] != '\\' || at + 1 == source_.size()) {
                text += source_[at];
                continue;
            }
            switch (const char c = source_[++at]) {
                case 'n':
                    text += '\n';
                    break;
                case 't':
                    text += '\t';
                    break;
                case 'r':
                    text += '\r';
                    break;
                case '\\':
                case '\'':
                case '"':
                    text += c;
                    break;
                case '\n':
                    break;
                case 'u':
                    at += code_point(at + 1, text);
                    break;
                default:
                    fail("unknown escape in a text", source_.substr(at - 1, 2));
            }
        }
        if (at >= source_.size()) fail("text without an end");
        advance(at + 1);
        return text;
    }

    /// Appends the character of four hexadecimal digits. \returns their number
    std::size_t code_point(std::size_t at, std::string& text) const {
        char32_t value = 0;
        for (std::size_t i = 0; i < 4; ++i) {
            const char c = at + i < source_.size() ? source_[at + i] : ' ';
            const int digit = c >= '0' && c <= '9'                 ? c - '0'
                              : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10
                                                                   : -1;
            if (digit < 0) fail("broken \\u escape in a text");
            value = value * 16 + static_cast<char32_t>(digit);
        }
        if (value >= 0xD800 && value < 0xE000) fail("half of a character in a \\u escape");
        coco::text::append(text, value);
        return 4;
    }

    std::string lines_, where_;
    std::string_view source_;  ///< of lines_
    std::size_t at_ = 0, line_ = 1;
};

}  // namespace coco::io::jinja
