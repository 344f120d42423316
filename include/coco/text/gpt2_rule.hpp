// SPDX-License-Identifier: Apache-2.0
/// \file
/// Splits texts into words by GPT-2's expression, and by SmolLM's, which separates digits first.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include <coco/text/scanner.hpp>

namespace coco::text {

/// Length of the `'s`, `'t`, `'re`, `'ve`, `'m`, `'ll` or `'d` at the start of a text, else 0. With
/// `any_case`, U+017F also counts as s, because case folding maps it to s.
template <bool any_case>
std::size_t contraction(std::string_view text) {
    if (text.size() < 2 || text[0] != '\'') return 0;
    const auto letter = [&](std::size_t i) {
        return i < text.size() ? (any_case ? text[i] | 0x20 : text[i]) : 0;
    };
    switch (letter(1)) {
        case 's':
        case 't':
        case 'm':
        case 'd':
            return 2;
        case 'r':
        case 'v':
            return letter(2) == 'e' ? 3 : 0;
        case 'l':
            return letter(2) == 'l' ? 3 : 0;
        default:
            return any_case && text.substr(1, 2) == "\u017f" ? 3 : 0;
    }
}

/// GPT-2's rule (openai/gpt-2, encoder.py) in one pass without backtracking.
struct Gpt2 {
    static constexpr std::string_view expression =
        R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";

    static void split(std::string_view text, std::vector<std::string_view>& words) {
        each_word(text, words, [](Scanner& in) {
            if (const std::size_t length = contraction<false>(in.rest()); length > 0)
                in.back_to(in.at() + length);
            else
                word<CharacterClass::space>(in);
        });
    }

    /// Advances over a word that is not a contraction. A character of class `end` counts as the end of the
    /// text, unless `end` is white space.
    template <CharacterClass end>
    static void word(Scanner& in) {
        const std::size_t from = in.at();
        if (in.is(U' ')) in.next();
        for (const CharacterClass kind :
             {CharacterClass::letter, CharacterClass::number, CharacterClass::other}) {
            if (kind == end || !in.is(kind)) continue;
            in.run(kind);
            return;
        }
        in.back_to(from);
        const std::size_t last = in.run(CharacterClass::space);
        // The last white-space character belongs to the following word, if there is one.
        if (!in.done() && !in.is(end) && last > from) in.back_to(last);
    }
};

/// SmolLM's rule (also StarCoder's): each character of \p{N} is a word of its own. The text between is split
/// by GPT-2's expression, for which the text ends at each such character.
struct Smollm {
    static void split(std::string_view text, std::vector<std::string_view>& words) {
        each_word(text, words, [](Scanner& in) {
            if (const std::size_t length = contraction<false>(in.rest()); length > 0)
                in.back_to(in.at() + length);
            else if (in.is(CharacterClass::number))
                in.next();
            else
                Gpt2::word<CharacterClass::number>(in);
        });
    }
};

}  // namespace coco::text
