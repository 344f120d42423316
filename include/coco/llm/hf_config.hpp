// SPDX-License-Identifier: Apache-2.0
/// \file
/// Reads the shape of a language model from a Hugging Face `config.json`. Each key is used, or known to
/// change nothing, or an error that names it.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

#include <coco/core/error.hpp>
#include <coco/io/json.hpp>
#include <coco/llm/config.hpp>
#include <coco/llm/hf_rope.hpp>

namespace coco::llm {

/// Whether a key of `config.json` is used by `config_of` or changes nothing: it names files, versions and
/// special tokens, or is a setting of training, of generation or of transformers itself.
inline bool is_known_setting(std::string_view key) {
    static constexpr std::string_view known[] = {
        // Used.
        "model_type", "architectures", "hidden_size", "num_hidden_layers", "num_attention_heads",
        "num_key_value_heads", "head_dim", "intermediate_size", "vocab_size", "rms_norm_eps", "rope_theta",
        "rope_scaling", "rope_parameters", "partial_rotary_factor", "tie_word_embeddings", "hidden_act",
        "attention_bias", "mlp_bias", "use_sliding_window", "sliding_window", "max_window_layers",
        "layer_types", "quantization_config", "use_mrope", "rope_interleaved", "is_causal",
        // Tokens and texts.
        "bos_token_id", "eos_token_id", "pad_token_id", "unk_token_id", "sep_token_id",
        "decoder_start_token_id", "max_position_embeddings", "original_max_position_embeddings",
        "tokenizer_class", "prefix",
        // Types and training.
        "torch_dtype", "dtype", "initializer_range", "attention_dropout", "hidden_dropout", "pretraining_tp",
        "use_cache", "gradient_checkpointing", "use_bfloat16", "is_llama_config",
        // Names and versions.
        "_name_or_path", "name_or_path", "transformers_version", "transformers.js_config",
        "_attn_implementation", "unsloth_version", "unsloth_fixed", "task_specific_params", "finetuning_task",
        "problem_type", "id2label", "label2id", "return_dict", "output_attentions", "output_hidden_states",
        "torchscript", "is_decoder", "is_encoder_decoder", "chunk_size_feed_forward", "pruned_heads",
        "tf_legacy_loss"};
    return std::find(std::begin(known), std::end(known), key) != std::end(known);
}

/// Tokens that attention reaches back in some layer; 0: any number.
inline Index sliding_window_of(const io::JsonObject& json, Index layers) {
    const bool switched = json.has("use_sliding_window");
    const bool used = switched ? json.boolean("use_sliding_window") : json.has("sliding_window");
    const Index window = json.has("sliding_window") ? static_cast<Index>(json.integer("sliding_window")) : 0;
    bool slides = used;
    if (used && switched && json.has("max_window_layers"))
        slides = json.integer("max_window_layers") < layers;
    require(!used || window > 0, json.where("use_sliding_window"), "not supported",
            "attention to the whole text, or a sliding_window");
    if (json.has("layer_types"))
        for (const auto& type : json.value().at("layer_types")) {
            const bool sliding =
                type.is_string() && type.get_ref<const std::string&>() == "sliding_attention";
            const bool whole = type.is_string() && type.get_ref<const std::string&>() == "full_attention";
            require(whole || (sliding && window > 0), json.where("layer_types"), "not supported",
                    "full_attention, or sliding_attention and a sliding_window", type.dump());
            slides = slides || sliding;
        }
    return slides ? window : 0;
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
    c.window = sliding_window_of(json, c.layers);
    read_rotation(json, c);
    c.tied = json.has("tie_word_embeddings") && json.boolean("tie_word_embeddings");
    const auto refuse = [&](const char* key, bool wrong, const char* expected) {
        require(!wrong, json.where(key), "not supported", expected, wrong ? json.value().at(key).dump() : "");
    };
    const auto yes = [&](const char* key) { return json.has(key) && json.boolean(key); };
    refuse("hidden_act", json.has("hidden_act") && json.string("hidden_act") != "silu", "silu");
    refuse("attention_bias", yes("attention_bias"), "projections without bias");
    refuse("mlp_bias", yes("mlp_bias"), "projections without bias");
    refuse("use_mrope", yes("use_mrope"), "positions of one number");
    refuse("rope_interleaved", yes("rope_interleaved"), "rows of queries and keys in split halves");
    refuse("is_causal", json.has("is_causal") && !yes("is_causal"), "causal attention");
    if (json.has("architectures"))
        for (const auto& name : json.value().at("architectures")) {
            static constexpr std::string_view known[] = {"LlamaForCausalLM", "LlamaModel",
                                                         "Qwen2ForCausalLM", "Qwen2Model",
                                                         "Qwen3ForCausalLM", "Qwen3Model"};
            refuse("architectures",
                   !name.is_string() || std::find(std::begin(known), std::end(known),
                                                  name.get_ref<const std::string&>()) == std::end(known),
                   "a decoder of Llama, Qwen2 or Qwen3, with or without its output head");
        }
    refuse("quantization_config", json.has("quantization_config"), "weights of F32, F16 or BF16");
    for (const auto& [key, value] : json.value().items())
        require(is_known_setting(key) || value.is_null(), json.where(key), "not supported",
                "settings that the decoder uses or that change nothing", value.dump().substr(0, 60));
    c.check();
    return c;
}

}  // namespace coco::llm
