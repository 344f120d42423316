// SPDX-License-Identifier: Apache-2.0
/// \file
/// A GGUF file or a Hugging Face folder as a text model: its weights, its own tokenizer, and a digest of its
/// bytes.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <coco/io/file_digest.hpp>
#include <coco/io/gguf.hpp>
#include <coco/io/gguf_tokenizer.hpp>
#include <coco/io/safetensors_folder.hpp>
#include <coco/io/tokenizer_json.hpp>
#include <coco/llm/open.hpp>
#include <coco/llm/text_model.hpp>

namespace coco::llm {

/// The tokenizer of a model. \throws Error as `kind_of` and the readers of either kind
inline text::Tokenizer open_tokenizer(const std::filesystem::path& path) {
    return kind_of(path) == ModelFile::gguf ? io::tokenizer_of(io::Gguf(path))
                                            : io::open_tokenizer_json(path / "tokenizer.json");
}

/// A digest of a model: of the GGUF file, or of the folder's weights, config and tokenizer.
inline std::string model_digest(const std::filesystem::path& path) {
    if (kind_of(path) == ModelFile::gguf) return io::file_digest(path);
    std::string sums = io::file_digest(path / "config.json") + io::file_digest(path / "tokenizer.json");
    for (const auto& file : io::SafetensorsFolder(path).paths()) sums += io::file_digest(file);
    return text_of(io::XXH64::of(std::as_bytes(std::span<const char>(sums))));
}

/// The language model at a path; files stay open as long as a copy of the source is used. Its tokenizer
/// treats special tokens in a text as ordinary text, because titles are untrusted input.
/// \param depth  number of leading layers used, followed by the final norm; 0: all. The digest includes it,
///               because an adapter or prompts trained with one depth do not fit another
/// \throws Error as `open` and `open_tokenizer`; if `depth` is out of range
inline TextModel open_text_model(const std::filesystem::path& path, Index depth = 0) {
    // A GGUF file holds both: it is opened once, and its hundred thousand tokens are parsed once.
    const auto file = kind_of(path) == ModelFile::gguf ? std::make_shared<const io::Gguf>(path) : nullptr;
    TextModel model;
    model.source = file ? source_of(file) : hf_source(path);
    model.source.config.depth = depth;
    model.source.config.check();
    const auto tokenizer =
        std::make_shared<const text::Tokenizer>(file ? io::tokenizer_of(*file) : open_tokenizer(path));
    require(tokenizer->size() <= model.source.config.vocabulary, path.string() + ": tokenizer",
            "more tokens than embeddings", text_of("at most ", model.source.config.vocabulary),
            text_of(tokenizer->size()));
    model.encode = [tokenizer](std::string_view text) {
        return tokenizer->encode(text, text::Special::ordinary);
    };
    model.files = model_digest(path);
    model.digest = text_of(model.files, ", ", model.source.config.used(), " layers");
    return model;
}

}  // namespace coco::llm
