// SPDX-License-Identifier: Apache-2.0
/// \file
/// How texts become words within which byte pairs are merged, by the names that GGUF files give it.
#pragma once

#include <string_view>
#include <vector>

#include <coco/text/gpt2_rule.hpp>
#include <coco/text/qwen2_rule.hpp>

namespace coco::text {

/// Appends the words of `text` to `words`; together they are the text. The text must be UTF-8. Linear in its
/// length: what a rule's regular expression backtracks over is known from the classes of characters.
using PreTokenizer = void (*)(std::string_view text, std::vector<std::string_view>& words);

/// A rule of cutting, and what the models that use it do besides.
struct Convention {
    std::string_view name;
    PreTokenizer split;
    bool nfc;          ///< texts are brought into normal form C first
    bool whole_words;  ///< a word that is a token by itself is taken as such, whatever merges say
};

/// What `tokenizer.ggml.pre` calls `name`, or null if it is not known here. Names that llama.cpp writes for
/// the same expression are one rule.
inline const Convention* convention_of(std::string_view name) {
    static constexpr Convention known[] = {
        {"smollm", Smollm::split, false, false}, {"starcoder", Smollm::split, false, false},
        {"gpt-2", Gpt2::split, false, false},    {"phi-2", Gpt2::split, false, false},
        {"qwen2", Qwen2::split, true, false},    {"llama-bpe", Llama3::split, false, true},
        {"llama3", Llama3::split, false, true},  {"llama-v3", Llama3::split, false, true},
    };
    for (const Convention& convention : known)
        if (convention.name == name) return &convention;
    return nullptr;
}

}  // namespace coco::text
