// SPDX-License-Identifier: Apache-2.0
/// \file
/// The tokens that end a text, by a model's files.
#pragma once

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <string>
#include <vector>

#include <coco/core/error.hpp>
#include <coco/core/types.hpp>
#include <coco/io/gguf.hpp>
#include <coco/io/json.hpp>
#include <coco/llm/open.hpp>

namespace coco::llm {

/// A token id in a file, or `no_id` for the values that mean "none" there: -1, and 2^32 - 1, which is -1 in
/// 32 bits. \throws Error naming `where` for any other number that is not below `tokens`
inline Id token_id(std::int64_t id, std::int64_t tokens, const std::string& where) {
    if (id == -1 || id == std::numeric_limits<std::uint32_t>::max()) return no_id;
    if (id < 0 || id >= tokens)
        throw Error(where, "no such token", text_of("0 to ", tokens - 1, ", or -1 for none"), text_of(id));
    return static_cast<Id>(id);
}

/// Tokens that end a text: of a GGUF file those of the text, of a turn and of a message; of a folder those of
/// `generation_config.json`, else of `config.json`. None if the files give none.
/// \throws Error naming file and key for an id beyond the vocabulary
inline std::vector<Id> stop_tokens(const std::filesystem::path& path) {
    std::vector<Id> all;
    const auto add = [&all](Id id) {
        if (id != no_id && std::find(all.begin(), all.end(), id) == all.end()) all.push_back(id);
    };
    if (kind_of(path) == ModelFile::gguf) {
        const io::Gguf file(path);
        const char* const tokens = "tokenizer.ggml.tokens";
        const std::int64_t count = file.has(tokens) ? static_cast<std::int64_t>(file.strings(tokens).size())
                                                    : file.tensor("token_embd.weight").rows;
        for (const char* name : {"eos", "eot", "eom"})
            if (const std::string key = text_of("tokenizer.ggml.", name, "_token_id"); file.has(key))
                add(token_id(file.integer(key), count, text_of(file.path(), ": ", key)));
        return all;
    }
    const io::JsonObject config = io::JsonObject::open(path / "config.json");
    const std::int64_t count =
        config.has("vocab_size") ? config.integer("vocab_size") : std::numeric_limits<Id>::max();
    for (const char* name : {"generation_config.json", "config.json"}) {
        if (!std::filesystem::is_regular_file(path / name)) continue;
        const io::JsonObject json = io::JsonObject::open(path / name);
        if (!json.has("eos_token_id")) continue;
        const std::string where = json.where("eos_token_id");
        const auto& value = json.value().at("eos_token_id");
        const auto take = [&](const auto& id) {
            require(id.is_number_integer(), where, "wrong type", "whole numbers", id.dump());
            constexpr std::int64_t largest = std::numeric_limits<std::int64_t>::max();
            const bool huge =
                id.is_number_unsigned() && id.template get<std::uint64_t>() > std::uint64_t{largest};
            add(token_id(huge ? largest : id.template get<std::int64_t>(), count, where));
        };
        if (value.is_array())
            for (const auto& id : value) take(id);
        else
            take(value);
        return all;
    }
    return all;
}

}  // namespace coco::llm
