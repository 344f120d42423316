// SPDX-License-Identifier: Apache-2.0
/// \file
/// Opens a language model from a GGUF file or a Hugging Face folder.
#pragma once

#include <array>
#include <cstddef>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>

#include <coco/core/error.hpp>
#include <coco/llm/gguf_source.hpp>
#include <coco/llm/hf_source.hpp>
#include <coco/llm/source.hpp>

namespace coco::llm {

/// The kind of model at a path.
enum class ModelFile : std::uint8_t { gguf, hugging_face };

/// Detects the kind from the content of the file or folder, not from its name.
/// \throws Error if the path does not exist or is of neither kind
inline ModelFile kind_of(const std::filesystem::path& path) {
    if (std::filesystem::is_directory(path)) {
        if (!std::filesystem::is_regular_file(path / "config.json"))
            throw Error(path.string(), "not a language model's folder", "one with a config.json");
        return ModelFile::hugging_face;
    }
    std::array<char, 9> start{};
    std::ifstream file(path, std::ios::binary);
    if (!file) throw Error(path.string(), "cannot open for reading", "a GGUF file or a Hugging Face folder");
    file.read(start.data(), start.size());
    if (std::memcmp(start.data(), "GGUF", 4) == 0) return ModelFile::gguf;
    if (start[8] == '{')
        throw Error(path.string(), "a safetensors file alone does not tell a model's shape",
                    "its folder, with config.json");
    throw Error(path.string(), "not a language model", "a GGUF file or a Hugging Face folder");
}

/// The model in a GGUF file or in a Hugging Face folder. Weights are read when parameters are made from it.
/// \throws Error as `kind_of`, `source_of` and `hf_source`
inline Source open(const std::filesystem::path& path) {
    return kind_of(path) == ModelFile::gguf ? source_of(std::make_shared<const io::Gguf>(path))
                                            : hf_source(path);
}

}  // namespace coco::llm
