// SPDX-License-Identifier: Apache-2.0
/// \file
/// The words of a text as BERT cuts it (Devlin et al., 2019): control characters are removed, letters are
/// lower-cased and lose their accents, each sign and each Chinese character is a word of its own, and white
/// space separates words.
#pragma once

#include <utf8proc.h>

#include <cstddef>
#include <string>
#include <string_view>

#include <coco/core/error.hpp>
#include <coco/core/utf8.hpp>
#include <coco/text/character_class.hpp>

namespace coco::text {

/// Which steps a model's tokenizer takes; those of the uncased models are the defaults.
struct BertRule {
    bool clean = true;          ///< remove control characters and U+FFFD
    bool split_chinese = true;  ///< each Chinese character is a word
    bool strip_accents = true;  ///< decompose letters and remove the marks (nonspacing, Mn)
    bool lower_case = true;
};

/// Whether a code point is a Chinese character by BERT's rule: the blocks of unified and compatibility
/// ideographs as `tokenizers` has them, not the scripts of Japanese or Korean.
inline bool is_chinese(char32_t point) {
    constexpr struct {
        char32_t first, last;
    } blocks[] = {{0x3400, 0x4DBF},   {0x4E00, 0x9FFF},   {0xF900, 0xFAFF},   {0x20000, 0x2A6DF},
                  {0x2A700, 0x2B73F}, {0x2B740, 0x2B81F}, {0x2B920, 0x2CEAF}, {0x2F800, 0x2FA1F}};
    for (const auto& block : blocks)
        if (point >= block.first && point <= block.last) return true;
    return false;
}

/// Cuts texts into words. One object serves one thread.
class BertWords {
public:
    explicit BertWords(const BertRule& rule) : rule_(rule) {}

    /// Calls `on_word(bytes)` for each word, from left to right; the bytes are valid during the call. Invalid
    /// UTF-8 counts as U+FFFD. Linear in the length of the text.
    template <class OnWord>
    void operator()(std::string_view text, const OnWord& on_word) {
        word_.clear();
        const auto end_word = [&] {
            if (!word_.empty()) on_word(std::string_view(word_));
            word_.clear();
        };
        const auto alone = [&](char32_t point) {
            end_word();
            append(word_, point);
            end_word();
        };
        for (std::size_t at = 0; at < text.size();) {
            const CodePoint read = code_point(text, at);
            const char32_t point = read.value;
            at += read.bytes;
            if (rule_.clean && is_removed(point)) continue;
            if (point < 0x80) {
                take(point, end_word, alone);
                continue;
            }
            const bool chinese = rule_.split_chinese && is_chinese(point);
            if (chinese) end_word();
            if (rule_.strip_accents)
                decomposed(point, [&](char32_t part) { take(part, end_word, alone); });
            else
                take(point, end_word, alone);
            if (chinese) end_word();
        }
        end_word();
    }

private:
    static utf8proc_category_t category(char32_t point) {
        return utf8proc_category(static_cast<utf8proc_int32_t>(point));
    }

    static bool is_space(char32_t point) { return class_of(point) == CharacterClass::space; }

    /// Control characters other than the tab and the ends of lines, formats and private use.
    static bool is_removed(char32_t point) {
        if (point == '\t' || point == '\n' || point == '\r') return false;
        if (point < 0x80) return point < 0x20 || point == 0x7F;
        if (point == replacement_character) return true;
        const utf8proc_category_t kind = category(point);
        return kind == UTF8PROC_CATEGORY_CC || kind == UTF8PROC_CATEGORY_CF || kind == UTF8PROC_CATEGORY_CO;
    }

    static bool is_sign(char32_t point) {
        if (point < 0x80) return point > 0x20 && point < 0x7F && class_of(point) == CharacterClass::other;
        const utf8proc_category_t kind = category(point);
        return kind >= UTF8PROC_CATEGORY_PC && kind <= UTF8PROC_CATEGORY_PO;
    }

    template <class EndWord, class Alone>
    void take(char32_t point, const EndWord& end_word, const Alone& alone) {
        if (is_space(point)) return end_word();
        if (is_sign(point)) return alone(point);
        if (!rule_.lower_case) return append(word_, point);
        if (point >= 'A' && point <= 'Z') {
            word_ += static_cast<char>(point + ('a' - 'A'));
        } else if (point < 0x80) {
            word_ += static_cast<char>(point);
        } else if (point == 0x130) {  // the one letter whose small form is two characters, i and a dot
            word_ += "i\xCC\x87";
        } else {
            append(word_, static_cast<char32_t>(utf8proc_tolower(static_cast<utf8proc_int32_t>(point))));
        }
    }

    /// Calls `on_part(point)` for the canonical decomposition of a code point, without marks.
    template <class OnPart>
    static void decomposed(char32_t point, const OnPart& on_part) {
        constexpr int longest = 4;  // maximum length of a canonical decomposition
        utf8proc_int32_t parts[longest];
        int boundary = 0;
        const utf8proc_ssize_t length = utf8proc_decompose_char(
            static_cast<utf8proc_int32_t>(point), parts, longest,
            static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_DECOMPOSE), &boundary);
        if (length < 0 || length > longest)
            throw Error("BERT's words", length < 0 ? utf8proc_errmsg(length) : "character too long");
        for (utf8proc_ssize_t i = 0; i < length; ++i)
            if (const auto part = static_cast<char32_t>(parts[i]); category(part) != UTF8PROC_CATEGORY_MN)
                on_part(part);
    }

    BertRule rule_;
    std::string word_;
};

}  // namespace coco::text
