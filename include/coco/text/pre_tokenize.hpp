// SPDX-License-Identifier: Apache-2.0
/// \file
/// The rules that split texts into words before byte pairs are merged, by their names in GGUF files.
#pragma once

#include <string_view>
#include <vector>

#include <coco/text/gpt2_rule.hpp>
#include <coco/text/qwen2_rule.hpp>

namespace coco::text {

/// Appends the words of `text` to `words`; their concatenation is the text. The text must be UTF-8. Linear in
/// its length: the character classes replace the backtracking of the rule's regular expression.
using PreTokenizer = void (*)(std::string_view text, std::vector<std::string_view>& words);

/// A splitting rule, and the other conventions of the models that use it.
struct Convention {
    std::string_view name;
    PreTokenizer split;
    bool nfc;          ///< texts are first converted to normal form C
    bool whole_words;  ///< a word that is itself a token is encoded as that token, whatever the merges
};

/// The convention that `tokenizer.ggml.pre` calls `name`, or null if the name is unknown. Names that
/// llama.cpp uses for the same expression share one rule; a name is here only if the normal form of its
/// models' own tokenizer is known too.
inline const Convention* convention_of(std::string_view name) {
    static constexpr Convention known[] = {
        {"smollm", Smollm::split, false, false},
        {"starcoder", Smollm::split, false, false},
        {"refact", Smollm::split, false, false},
        {"command-r", Smollm::split, true, false},
        {"gpt-2", Gpt2::split, false, false},
        {"phi-2", Gpt2::split, false, false},
        {"olmo", Gpt2::split, true, false},
        {"qwen2", Qwen2::split, true, false},
        {"deepseek-r1-qwen", Qwen2::split, false, false},
        {"llama-bpe", Llama3::split, false, true},
        {"llama3", Llama3::split, false, true},
        {"llama-v3", Llama3::split, false, true},
    };
    for (const Convention& convention : known)
        if (convention.name == name) return &convention;
    return nullptr;
}

}  // namespace coco::text
