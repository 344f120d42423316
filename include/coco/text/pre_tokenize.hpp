// SPDX-License-Identifier: Apache-2.0
/// \file
/// Cuts a text into the words within which byte pairs are merged. One struct a rule; a tokenizer file names
/// its rule. Each walks the text once: what its regular expression backtracks over is known from the classes.
#pragma once

#include <cstddef>
#include <iterator>
#include <string_view>
#include <vector>

#include <coco/text/character_class.hpp>
#include <coco/text/utf8.hpp>

namespace coco::text {

/// Code points of a text with their classes, one at a time, from left to right.
class Scanner {
public:
    explicit Scanner(std::string_view text) : text_(text) { look(); }

    bool done() const { return at_ == text_.size(); }
    std::size_t at() const { return at_; }
    bool is(char32_t value) const { return !done() && point_.value == value; }
    bool is(CharacterClass kind) const { return !done() && class_ == kind; }
    void next() {
        at_ += point_.bytes;
        look();
    }
    /// Passes over a run of one class and returns where its last code point began.
    std::size_t run(CharacterClass kind) {
        std::size_t last = at_;
        for (; is(kind); next()) last = at_;
        return last;
    }
    std::string_view rest() const { return text_.substr(at_); }
    /// The text from `from` to here.
    std::string_view since(std::size_t from) const { return text_.substr(from, at_ - from); }
    void back_to(std::size_t at) {
        at_ = at;
        look();
    }

private:
    void look() {
        if (done()) return;
        point_ = code_point(text_, at_);
        class_ = class_of(point_.value);
    }

    std::string_view text_;
    std::size_t at_ = 0;
    CodePoint point_{};
    CharacterClass class_ = CharacterClass::other;
};

/// SmolLM's rule: each digit (\p{N}) stands alone; what lies between digits is cut by GPT-2's expression
/// `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`.
struct Smollm {
    static constexpr std::string_view name = "smollm";

    static void split(std::string_view text, std::vector<std::string_view>& words) {
        for (Scanner in(text); !in.done();) {
            const std::size_t from = in.at();
            if (const std::size_t length = contraction(in.rest()); length > 0)
                in.back_to(from + length);
            else if (in.is(CharacterClass::number))
                in.next();
            else
                word(in);
            words.push_back(in.since(from));
        }
    }

private:
    static std::size_t contraction(std::string_view rest) {
        if (rest.front() != '\'') return 0;
        for (std::string_view ending : {"'s", "'t", "'re", "'ve", "'m", "'ll", "'d"})
            if (rest.substr(0, ending.size()) == ending) return ending.size();
        return 0;
    }

    static void word(Scanner& in) {
        const std::size_t from = in.at();
        if (in.is(U' ')) in.next();
        if (in.is(CharacterClass::letter)) {
            in.run(CharacterClass::letter);
        } else if (in.is(CharacterClass::other)) {
            in.run(CharacterClass::other);
        } else {
            in.back_to(from);
            const std::size_t last = in.run(CharacterClass::space);
            // Before a letter or a sign, the last white space is left for the word that follows. A digit
            // ends the stretch that the expression sees, as the end of the text does.
            if (!in.done() && !in.is(CharacterClass::number) && last > from) in.back_to(last);
        }
    }
};

/// Appends the words of `text` to `words`; together they are the text. The text must be UTF-8.
using PreTokenizer = void (*)(std::string_view text, std::vector<std::string_view>& words);

/// The rule that tokenizer files call `name`, or null if it is not known here.
inline PreTokenizer pre_tokenizer_of(std::string_view name) {
    return name == Smollm::name ? Smollm::split : nullptr;
}

}  // namespace coco::text
