// SPDX-License-Identifier: Apache-2.0
/// \file
/// Reads the shape of a language model from a Hugging Face `config.json`.
#pragma once

#include <string>
#include <string_view>

#include <coco/core/error.hpp>
#include <coco/io/json.hpp>
#include <coco/llm/config.hpp>

namespace coco::llm {

/// Base of the rotary angles: in `rope_parameters` (transformers 5) or at the top level. \throws Error for
/// scaled rotary positions
inline double rope_base_of(const io::JsonObject& json) {
    for (const char* key : {"rope_parameters", "rope_scaling"}) {
        if (!json.has(key)) continue;
        const io::JsonObject rope = json.object(key);
        for (const char* kind : {"rope_type", "type"})
            if (rope.has(kind) && rope.string(kind) != "default")
                throw Error(rope.where(kind), "not supported", "rotary positions without scaling",
                            rope.string(kind));
        if (rope.has("partial_rotary_factor") && rope.real("partial_rotary_factor") != 1)
            throw Error(rope.where("partial_rotary_factor"), "not supported", "whole heads are rotated");
        if (rope.has("rope_theta")) return rope.real("rope_theta");
    }
    return json.has("rope_theta") ? json.real("rope_theta") : 10000;
}

/// The shape of the model that `config.json` describes. `tied` is taken from the file.
/// \throws Error, which names file and key: unknown architecture, missing key, a feature the decoder does not
///         have
inline Config config_of(const io::JsonObject& json) {
    Config c = Config::of(json.string("model_type"), json.where("model_type"));
    const auto count = [&](const char* key) { return static_cast<Index>(json.integer(key)); };
    c.width = count("hidden_size");
    c.layers = count("num_hidden_layers");
    c.heads = count("num_attention_heads");
    c.kv_heads = json.has("num_key_value_heads") ? count("num_key_value_heads") : c.heads;
    require(c.heads >= 1, json.where("num_attention_heads"), "too small", "at least 1", text_of(c.heads));
    // Qwen3's heads are 128 wide by default, for any width of a row.
    c.head = json.has("head_dim") ? count("head_dim") : c.architecture == "qwen3" ? 128 : c.width / c.heads;
    c.hidden = count("intermediate_size");
    c.vocabulary = count("vocab_size");
    c.epsilon = json.real("rms_norm_eps");
    c.theta = rope_base_of(json);
    c.tied = json.has("tie_word_embeddings") && json.boolean("tie_word_embeddings");
    const auto refuse = [&](const char* key, bool wrong, const char* expected) {
        require(!wrong, json.where(key), "not supported", expected, wrong ? json.value().at(key).dump() : "");
    };
    const auto yes = [&](const char* key) { return json.has(key) && json.boolean(key); };
    refuse("hidden_act", json.has("hidden_act") && json.string("hidden_act") != "silu", "silu");
    refuse("attention_bias", yes("attention_bias"), "projections without bias");
    refuse("mlp_bias", yes("mlp_bias"), "projections without bias");
    refuse("use_sliding_window", yes("use_sliding_window"), "attention to the whole text");
    if (json.has("layer_types"))
        for (const auto& type : json.value().at("layer_types"))
            refuse("layer_types", !type.is_string() || type.get_ref<const std::string&>() != "full_attention",
                   "attention to the whole text in every layer");
    refuse("quantization_config", json.has("quantization_config"), "weights of F32, F16 or BF16");
    c.check();
    return c;
}

}  // namespace coco::llm
