// SPDX-License-Identifier: Apache-2.0
/// \file
/// The generation settings published with a model: its stop tokens, and how the other tokens are drawn.
#pragma once

#include <filesystem>
#include <vector>

#include <coco/io/json.hpp>
#include <coco/llm/end_tokens.hpp>
#include <coco/llm/generation.hpp>
#include <coco/llm/open.hpp>

namespace coco::llm {

/// The settings of a Hugging Face folder's `generation_config.json`. If there is none (a GGUF file has none),
/// or if it does not set `do_sample: true`, always the likeliest token. Stop tokens as `stop_tokens`.
/// \throws Error, which names file and key, for a setting of another type or out of range
inline Generation generation_of(const std::filesystem::path& path) {
    Generation how;
    how.stop = stop_tokens(path);
    if (kind_of(path) == ModelFile::gguf ||
        !std::filesystem::is_regular_file(path / "generation_config.json"))
        return how;
    const io::JsonObject json = io::JsonObject::open(path / "generation_config.json");
    const auto real = [&](const char* key, double otherwise) {
        return json.has(key) ? json.real(key) : otherwise;
    };
    how.repetition_penalty = real("repetition_penalty", 1);
    if (json.has("do_sample") && json.boolean("do_sample")) {
        how.temperature = real("temperature", 1);
        how.top_p = real("top_p", 1);
        how.top_k = json.has("top_k") ? static_cast<Index>(json.integer("top_k")) : 50;
    }
    try {
        how.check();
    } catch (const Error& error) {
        throw Error((path / "generation_config.json").string(), error.what());
    }
    return how;
}

}  // namespace coco::llm
