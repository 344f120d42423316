// SPDX-License-Identifier: Apache-2.0
/// \file
/// Cuts texts into words by GPT-2's expression, and by SmolLM's, which sets digits apart first.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include <coco/text/scanner.hpp>

namespace coco::text {

/// Length of the `'s`, `'t`, `'re`, `'ve`, `'m`, `'ll` or `'d` that a text begins with, else 0. In any case,
/// U+017F is an s too: folded, it is one.
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

/// GPT-2's rule (openai/gpt-2, encoder.py): one pass, no way back.
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

    /// Passes over a word that is no contraction. A text counts as ended at a character of class `end`,
    /// unless that is white space.
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
        // The last white space is left for the word that follows, where one does.
        if (!in.done() && !in.is(end) && last > from) in.back_to(last);
    }
};

/// SmolLM's rule (StarCoder's too): each character of \p{N} stands alone; what lies between is cut by GPT-2's
/// expression, which sees an end of text there.
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
