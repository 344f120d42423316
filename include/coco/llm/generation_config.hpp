// SPDX-License-Identifier: Apache-2.0
/// \file
/// The generation settings published with a model: its stop tokens, and how the other tokens are drawn.
#pragma once

#include <filesystem>
#include <vector>

#include <coco/io/gguf.hpp>
#include <coco/io/json.hpp>
#include <coco/llm/generation.hpp>
#include <coco/llm/open.hpp>

namespace coco::llm {

/// Tokens that end a text, as given by the file; none if it gives none.
inline std::vector<Id> stop_tokens(const std::filesystem::path& path) {
    if (kind_of(path) == ModelFile::gguf) {
        const io::Gguf file(path);
        const char* const key = "tokenizer.ggml.eos_token_id";
        return file.has(key) ? std::vector<Id>{static_cast<Id>(file.integer(key))} : std::vector<Id>{};
    }
    for (const char* name : {"generation_config.json", "config.json"}) {
        if (!std::filesystem::is_regular_file(path / name)) continue;
        const io::JsonObject json = io::JsonObject::open(path / name);
        if (!json.has("eos_token_id")) continue;
        if (!json.value().at("eos_token_id").is_array())
            return {static_cast<Id>(json.integer("eos_token_id"))};
        std::vector<Id> all;
        for (const auto& id : json.value().at("eos_token_id")) {
            require(id.is_number_integer(), json.where("eos_token_id"), "wrong type", "whole numbers",
                    id.dump());
            all.push_back(id.get<Id>());
        }
        return all;
    }
    return {};
}

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
