// SPDX-License-Identifier: Apache-2.0
/// \file
/// The generation settings published with a model: its stop tokens, and how the other tokens are drawn.
#pragma once

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <string_view>
#include <utility>

#include <coco/io/json.hpp>
#include <coco/llm/end_tokens.hpp>
#include <coco/llm/generation.hpp>
#include <coco/llm/open.hpp>

namespace coco::llm {

/// \throws Error, which names file and key, for a setting by which texts would be drawn in another way than
///         `Generation` knows
inline void check_generation_keys(const io::JsonObject& json) {
    static constexpr std::string_view known[] = {
        "eos_token_id", "repetition_penalty", "do_sample", "temperature", "top_p", "top_k",
        // These change no draw: tokens, lengths, which the caller sets, versions and forms of output.
        "bos_token_id", "pad_token_id", "decoder_start_token_id", "max_length", "max_new_tokens",
        "transformers_version", "_from_model_config", "use_cache", "cache_implementation", "length_penalty",
        "early_stopping", "return_dict_in_generate", "output_scores", "output_attentions",
        "output_hidden_states", "chat_format", "trust_remote_code", "max_window_size", "user_end_token"};
    static constexpr std::pair<std::string_view, double> off[] = {{"num_beams", 1},
                                                                  {"num_beam_groups", 1},
                                                                  {"num_return_sequences", 1},
                                                                  {"typical_p", 1},
                                                                  {"min_p", 0},
                                                                  {"epsilon_cutoff", 0},
                                                                  {"eta_cutoff", 0},
                                                                  {"no_repeat_ngram_size", 0},
                                                                  {"min_length", 0},
                                                                  {"diversity_penalty", 0},
                                                                  {"encoder_repetition_penalty", 1},
                                                                  {"renormalize_logits", 0}};
    for (const auto& [key, value] : json.value().items()) {
        const auto* const neutral = std::find_if(
            std::begin(off), std::end(off), [&name = key](const auto& entry) { return entry.first == name; });
        const bool is_off = neutral != std::end(off) &&
                            (value.is_number() ? value.template get<double>() == neutral->second
                                               : value.is_boolean() && !value.template get<bool>());
        require(value.is_null() || is_off ||
                    std::find(std::begin(known), std::end(known), key) != std::end(known),
                json.where(key), "not supported", "settings that are used or that change no draw",
                value.dump().substr(0, 60));
    }
}

/// The settings of a Hugging Face folder's `generation_config.json`. If there is none (a GGUF file has none),
/// or if it does not set `do_sample: true`, always the likeliest token. Stop tokens as `stop_tokens`.
/// \throws Error, which names file and key, for a setting of another type, out of range or not supported
inline Generation generation_of(const std::filesystem::path& path) {
    Generation how;
    how.stop = stop_tokens(path);
    if (kind_of(path) == ModelFile::gguf ||
        !std::filesystem::is_regular_file(path / "generation_config.json"))
        return how;
    const io::JsonObject json = io::JsonObject::open(path / "generation_config.json");
    check_generation_keys(json);
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
