// SPDX-License-Identifier: Apache-2.0
/// \file
/// Builds the tokenizer that is stored in a GGUF file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <coco/core/error.hpp>
#include <coco/core/types.hpp>
#include <coco/io/gguf.hpp>
#include <coco/text/pre_tokenize.hpp>
#include <coco/text/tokenizer.hpp>

namespace coco::io {

/// Builds the tokenizer of a file whose `tokenizer.ggml.model` is "gpt2" (byte-level BPE). Control and
/// user-defined tokens become special tokens.
/// \throws Error naming the file and the key if the model or the splitting rule is unknown, if the lengths of
///         lists do not match, or if a merge names an unknown token
inline text::Tokenizer tokenizer_of(const Gguf& file) {
    const auto where = [&](std::string_view key) { return text_of(file.path(), ": ", key); };
    if (file.string("tokenizer.ggml.model") != "gpt2")
        throw Error(where("tokenizer.ggml.model"), "unknown kind of tokenizer", "gpt2",
                    std::string(file.string("tokenizer.ggml.model")));
    const text::Convention* convention = text::convention_of(file.string("tokenizer.ggml.pre"));
    if (convention == nullptr)
        throw Error(where("tokenizer.ggml.pre"), "unknown rule of cutting texts",
                    "smollm, gpt-2, qwen2, llama-bpe or a name of the same",
                    std::string(file.string("tokenizer.ggml.pre")));
    text::Vocabulary vocabulary;
    vocabulary.source = file.path();
    vocabulary.split = convention->split;
    vocabulary.nfc = convention->nfc;
    vocabulary.whole_words = convention->whole_words;
    const auto& tokens = file.strings("tokenizer.ggml.tokens");
    const auto& merges = file.strings("tokenizer.ggml.merges");
    const auto& kinds = file.integers("tokenizer.ggml.token_type");
    if (kinds.size() != tokens.size())
        throw Error(where("tokenizer.ggml.token_type"), "wrong number of types", text_of(tokens.size()),
                    text_of(kinds.size()));
    vocabulary.tokens.assign(tokens.begin(), tokens.end());
    vocabulary.merges.assign(merges.begin(), merges.end());
    constexpr std::int64_t control = 3, user_defined = 4;
    for (std::size_t id = 0; id < kinds.size(); ++id)
        if (kinds[id] == control || kinds[id] == user_defined)
            vocabulary.special.push_back(static_cast<Id>(id));
    return text::Tokenizer(std::move(vocabulary));
}

}  // namespace coco::io
