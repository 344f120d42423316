// SPDX-License-Identifier: Apache-2.0
/// \file
/// Opens a text encoder of a Hugging Face folder with its own tokenizer, and a digest of its files.
#pragma once

#include <algorithm>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <coco/io/file_digest.hpp>
#include <coco/io/safetensors_folder.hpp>
#include <coco/io/wordpiece_json.hpp>
#include <coco/llm/bert_source.hpp>
#include <coco/llm/sentence_vectors.hpp>

namespace coco::llm {

/// A digest of an encoder: of the folder's weights, config and tokenizer. Pooling and length of texts, which
/// a caller may change, are not in it.
inline std::string encoder_digest(const std::filesystem::path& folder) {
    std::string sums = io::file_digest(folder / "config.json");
    for (const char* const name : {"tokenizer.json", "vocab.txt", "tokenizer_config.json"})
        if (std::filesystem::exists(folder / name))
            sums += text_of(name, " ", io::file_digest(folder / name));
    for (const auto& file : io::SafetensorsFolder(folder).paths()) sums += io::file_digest(file);
    return text_of(io::XXH64::of(std::as_bytes(std::span<const char>(sums))));
}

/// The encoder in a folder. Special tokens in a text are read as ordinary characters, because titles are
/// untrusted input.
/// \throws Error as `bert_source` and `io::open_wordpiece`; where the tokenizer has more tokens than the
///         encoder has embeddings
inline TextEncoder open_text_encoder(const std::filesystem::path& folder) {
    require(std::filesystem::is_regular_file(folder / "config.json"), folder.string(),
            "not a text encoder's folder", "one with a config.json");
    TextEncoder encoder;
    encoder.source = bert_source(folder);
    const auto tokenizer = std::make_shared<const text::WordPiece>(io::open_wordpiece(folder));
    const EncoderConfig& config = encoder.source.config;
    require(tokenizer->size() <= config.vocabulary, folder.string() + ": tokenizer",
            "more tokens than embeddings", text_of("at most ", config.vocabulary),
            text_of(tokenizer->size()));
    encoder.encode = [tokenizer, tokens = config.tokens](std::string_view text) {
        std::vector<Id> ids = tokenizer->sentence(text, tokens, text::Special::ordinary);
        if (ids.size() <= 2) ids.clear();
        return ids;
    };
    encoder.digest = encoder_digest(folder);
    return encoder;
}

}  // namespace coco::llm
