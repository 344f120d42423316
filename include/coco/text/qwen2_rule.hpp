// SPDX-License-Identifier: Apache-2.0
/// \file
/// Splits texts into words by the expressions of Qwen 2 to 3 and of Llama 3, which differ in the number of
/// digits per word.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include <coco/text/gpt2_rule.hpp>
#include <coco/text/scanner.hpp>

namespace coco::text {

/// The rule with at most `digits` digits per word, in one pass without backtracking.
template <int digits>
requires(digits == 1 || digits == 3) struct DigitGroups {
    static constexpr std::string_view expression =
        digits == 1 ? R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}|)"
                      R"( ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)"
                    : R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}|)"
                      R"( ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";

    static void split(std::string_view text, std::vector<std::string_view>& words) {
        each_word(text, words, word);
    }

private:
    static void word(Scanner& in) {
        const std::size_t from = in.at();
        if (const std::size_t length = contraction<true>(in.rest()); length > 0)
            return in.back_to(from + length);
        if (in.is(CharacterClass::number)) {
            for (int i = 0; i < digits && in.is(CharacterClass::number); ++i) in.next();
            return;
        }
        const bool sign = in.is(CharacterClass::other), blank = in.is(U' ');
        if (!in.is(CharacterClass::letter) && !in.is_line_end()) in.next();
        if (in.is(CharacterClass::letter)) {
            in.run(CharacterClass::letter);
        } else if (sign || (blank && in.is(CharacterClass::other))) {
            in.run(CharacterClass::other);
            while (in.is_line_end()) in.next();
        } else {
            in.back_to(from);
            white_space(in);
        }
    }

    /// A run of white space up to its last line end. If it has no line end: all of it except the last
    /// character, which belongs to the following word.
    static void white_space(Scanner& in) {
        const std::size_t from = in.at();
        std::size_t last = from, behind_line = from;
        while (in.is(CharacterClass::space)) {
            const bool line_end = in.is_line_end();
            last = in.at();
            in.next();
            if (line_end) behind_line = in.at();
        }
        if (behind_line > from)
            in.back_to(behind_line);
        else if (!in.done() && last > from)
            in.back_to(last);
    }
};

/// The rule of Qwen 2 to 3: one digit (\p{N}) per word.
using Qwen2 = DigitGroups<1>;
/// Llama 3's rule: up to three digits per word.
using Llama3 = DigitGroups<3>;

}  // namespace coco::text
