// SPDX-License-Identifier: Apache-2.0
/// \file
/// Iterates over the code points of a text and their classes; the splitting rules are built on it.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include <coco/core/utf8.hpp>
#include <coco/text/character_class.hpp>

namespace coco::text {

/// Code points of a text with their classes, one at a time, from left to right.
class Scanner {
public:
    explicit Scanner(std::string_view text) : text_(text) { look(); }

    bool done() const { return at_ == text_.size(); }
    std::size_t at() const { return at_; }
    bool is(char32_t value) const { return !done() && point_.value == value; }
    bool is(CharacterClass kind) const { return !done() && class_ == kind; }
    bool is_line_end() const { return is(U'\r') || is(U'\n'); }
    void next() {
        at_ += point_.bytes;
        look();
    }
    /// Advances over a run of one class and returns where its last code point began.
    std::size_t run(CharacterClass kind) {
        std::size_t last = at_;
        for (; is(kind); next()) last = at_;
        return last;
    }
    std::string_view rest() const { return text_.substr(at_); }
    /// The text from `from` to the current position.
    std::string_view since(std::size_t from) const { return text_.substr(from, at_ - from); }
    void back_to(std::size_t at) {
        at_ = at;
        look();
    }

private:
    void look() {
        if (done()) return;
        const unsigned char byte = static_cast<unsigned char>(text_[at_]);
        if (byte < 0x80) {
            point_ = {byte, 1, true};
            class_ = class_of_ascii(byte);
            return;
        }
        point_ = code_point(text_, at_);
        class_ = class_of(point_.value);
    }

    std::string_view text_;
    std::size_t at_ = 0;
    CodePoint point_{};
    CharacterClass class_ = CharacterClass::other;
};

/// Appends the words of a text. \param word  advances over the next word, at least one code point
template <class Word>
void each_word(std::string_view text, std::vector<std::string_view>& words, const Word& word) {
    for (Scanner in(text); !in.done();) {
        const std::size_t from = in.at();
        word(in);
        words.push_back(in.since(from));
    }
}

}  // namespace coco::text
