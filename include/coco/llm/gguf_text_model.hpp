// SPDX-License-Identifier: Apache-2.0
/// \file
/// A GGUF file as a text model: its weights, its own tokenizer, and a sum over its bytes.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include <coco/io/file_sum.hpp>
#include <coco/io/gguf.hpp>
#include <coco/io/gguf_tokenizer.hpp>
#include <coco/llm/gguf_source.hpp>
#include <coco/llm/text_model.hpp>

namespace coco::llm {

/// The language model in a file; the file stays open as long as a copy of the source is used. Its tokenizer
/// takes what looks like a special token for ordinary text: titles were written by others.
/// \param depth  layers used, the first ones, then the final norm; 0 takes all. The sum names it, for an
///               adapter or prompts that were trained with it fit no other
/// \throws Error as `io::Gguf`, `config_of` and `io::tokenizer_of`; where `depth` is out of range
inline TextModel open_text_model(const std::filesystem::path& path, Index depth = 0) {
    const auto file = std::make_shared<const io::Gguf>(path);
    TextModel model;
    model.source = source_of(file);
    model.source.config.depth = depth;
    model.source.config.check();
    const auto tokenizer = std::make_shared<const text::Tokenizer>(io::tokenizer_of(*file));
    require(tokenizer->size() <= model.source.config.vocabulary, file->path() + ": tokenizer.ggml.tokens",
            "more tokens than embeddings", text_of("at most ", model.source.config.vocabulary),
            text_of(tokenizer->size()));
    model.encode = [tokenizer](std::string_view text) {
        return tokenizer->encode(text, text::Special::ordinary);
    };
    model.sum = text_of(io::file_sum(path), ", ", model.source.config.used(), " layers");
    return model;
}

}  // namespace coco::llm
