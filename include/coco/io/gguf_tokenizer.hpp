// SPDX-License-Identifier: Apache-2.0
/// \file
/// Builds the tokenizer that is stored in a GGUF file.
#pragma once

#include <algorithm>
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

/// \throws Error naming the file and the key if a setting of the tokenizer would change ids and is not
///         supported. Which ids begin and end a text is left to the caller
inline void check_tokenizer_keys(const Gguf& file) {
    static constexpr std::string_view own = "tokenizer.", ids = "_token_id";
    static constexpr std::string_view known[] = {
        "ggml.model", "ggml.pre", "ggml.tokens", "ggml.token_type", "ggml.merges", "ggml.add_bos_token",
        "ggml.add_eos_token", "ggml.add_sep_token", "ggml.add_space_prefix", "ggml.remove_extra_whitespaces",
        // These change nothing: scores are those of other kinds of tokenizers.
        "ggml.scores", "ggml.token_type_count", "chat_template", "chat_templates", "huggingface.json"};
    for (const auto& [key, value] : file.metadata()) {
        if (!key.starts_with(own)) continue;
        const std::string_view name = key.substr(own.size());
        if (!name.ends_with(ids) && !name.starts_with("chat_template.") &&
            std::find(std::begin(known), std::end(known), name) == std::end(known))
            throw Error(text_of(file.path(), ": ", key), "not supported",
                        "settings that are used or that do not change ids");
    }
    for (const char* key : {"tokenizer.ggml.add_space_prefix", "tokenizer.ggml.remove_extra_whitespaces"})
        require(!file.has(key) || !file.boolean(key), text_of(file.path(), ": ", key), "not supported",
                "false", "true");
}

/// Builds the tokenizer of a file whose `tokenizer.ggml.model` is "gpt2" (byte-level BPE). Control and
/// user-defined tokens become special tokens.
/// \throws Error naming the file and the key if the model or the splitting rule is unknown, if the lengths of
///         lists do not match, or if a merge names an unknown token
inline text::Tokenizer tokenizer_of(const Gguf& file) {
    const auto where = [&](std::string_view key) { return text_of(file.path(), ": ", key); };
    if (file.string("tokenizer.ggml.model") != "gpt2")
        throw Error(where("tokenizer.ggml.model"), "unknown kind of tokenizer", "gpt2",
                    std::string(file.string("tokenizer.ggml.model")));
    check_tokenizer_keys(file);
    const text::Convention* convention = text::convention_of(file.string("tokenizer.ggml.pre"));
    if (convention == nullptr)
        throw Error(where("tokenizer.ggml.pre"), "unknown rule of cutting texts",
                    "smollm, gpt-2, qwen2, llama-bpe or a known name of the same",
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
