// SPDX-License-Identifier: Apache-2.0
/// \file
/// Text encoders from Hugging Face folders of model type "bert": `config.json`, safetensors, and what
/// sentence-transformers adds, pooling and the length of a text.
#pragma once

#include <algorithm>
#include <filesystem>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <coco/core/error.hpp>
#include <coco/io/json.hpp>
#include <coco/io/safetensors_folder.hpp>
#include <coco/llm/encoder_config.hpp>
#include <coco/llm/hf_pooling.hpp>

namespace coco::llm {

namespace bert {

/// The tensors of which one that the encoder claims consists, stacked by rows: "layer3.attention.qkv.bias" is
/// "encoder.layer.3.attention.self.query.bias" and those of key and value.
inline std::vector<std::string> parts_of(std::string_view name) {
    const auto is = [&](std::string_view other) { return name == other; };
    if (is("word") || is("type") || is("position"))
        return {text_of("embeddings.", is("type") ? "token_type" : name, "_embeddings.weight")};
    std::string_view rest = name;
    std::string head = "embeddings.";
    if (rest.starts_with("layer")) {
        const std::size_t dot = std::min(rest.size(), rest.find('.'));
        head = text_of("encoder.layer.", rest.substr(5, dot - 5), ".");
        rest.remove_prefix(std::min(rest.size(), dot + 1));
    }
    const std::size_t dot = rest.rfind('.');
    const std::string_view part = rest.substr(0, dot);
    const std::string end(dot == std::string_view::npos ? std::string_view() : rest.substr(dot));
    if (part == "attention.qkv") {
        std::vector<std::string> all;
        for (const char* const one : {"query", "key", "value"})
            all.push_back(text_of(head, "attention.self.", one, end));
        return all;
    }
    for (const auto& [ours, theirs] : {std::pair{"norm", "LayerNorm"},
                                       {"attention.output", "attention.output.dense"},
                                       {"norm1", "attention.output.LayerNorm"},
                                       {"feed_forward.first", "intermediate.dense"},
                                       {"feed_forward.second", "output.dense"},
                                       {"norm2", "output.LayerNorm"}})
        if (part == ours) return {text_of(head, theirs, end)};
    throw Error(std::string(name), "no such tensor in an encoder of this family");
}

/// Whether a key of `config.json` is used by `config_of`, or changes nothing here: names of files, versions,
/// tokens, settings of training and of heads.
inline bool is_known_setting(std::string_view key) {
    static constexpr std::string_view known[] = {
        // Used.
        "model_type", "hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size",
        "vocab_size", "max_position_embeddings", "type_vocab_size", "layer_norm_eps", "hidden_act",
        "hidden_dropout_prob", "attention_probs_dropout_prob", "initializer_range", "position_embedding_type",
        "is_decoder", "add_cross_attention", "is_encoder_decoder",
        // Names, versions, tokens, training, heads.
        "_name_or_path", "name_or_path", "architectures", "transformers_version", "torch_dtype", "dtype",
        "gradient_checkpointing", "use_cache", "pad_token_id", "bos_token_id", "eos_token_id",
        "classifier_dropout", "tie_word_embeddings", "id2label", "label2id", "problem_type",
        "finetuning_task", "return_dict", "output_attentions", "output_hidden_states", "torchscript",
        "chunk_size_feed_forward", "pruned_heads", "task_specific_params", "directionality", "pooler_fc_size",
        "pooler_num_attention_heads", "pooler_num_fc_layers", "pooler_size_per_head", "pooler_type",
        "_attn_implementation", "model_max_length", "tokenizer_class"};
    return std::find(std::begin(known), std::end(known), key) != std::end(known);
}

/// The shape of the encoder that `config.json` describes.
/// \throws Error, which names file and key: another architecture, a missing key, a feature the encoder lacks
inline EncoderConfig config_of(const io::JsonObject& json) {
    const std::string type = json.string("model_type");
    require(type == "bert", json.where("model_type"), "this architecture is not read as a text encoder",
            "bert", type);
    EncoderConfig c;
    const auto count = [&](const char* key) { return static_cast<Index>(json.integer(key)); };
    c.width = count("hidden_size");
    c.layers = count("num_hidden_layers");
    c.heads = count("num_attention_heads");
    c.hidden = count("intermediate_size");
    c.vocabulary = count("vocab_size");
    c.positions = c.tokens = count("max_position_embeddings");
    c.types = count("type_vocab_size");
    const auto real = [&](const char* key, double otherwise) {
        return json.has(key) ? json.real(key) : otherwise;
    };
    c.epsilon = real("layer_norm_eps", c.epsilon);
    c.dropout = real("hidden_dropout_prob", c.dropout);
    c.attention_dropout = real("attention_probs_dropout_prob", c.attention_dropout);
    c.init = real("initializer_range", c.init);
    const std::string activation = json.has("hidden_act") ? json.string("hidden_act") : "gelu";
    if (activation == "gelu_new" || activation == "gelu_pytorch_tanh")
        c.activation = nn::Activation::gelu_tanh;
    else if (activation == "relu")
        c.activation = nn::Activation::relu;
    else
        require(activation == "gelu", json.where("hidden_act"), "not supported",
                "gelu, gelu_new, gelu_pytorch_tanh or relu", activation);
    const std::string positions =
        json.has("position_embedding_type") ? json.string("position_embedding_type") : "absolute";
    require(positions == "absolute", json.where("position_embedding_type"), "not supported", "absolute",
            positions);
    for (const char* const key : {"is_decoder", "add_cross_attention", "is_encoder_decoder"})
        require(!json.has(key) || !json.boolean(key), json.where(key), "not supported", "false", "true");
    for (const auto& [key, value] : json.value().items())
        require(is_known_setting(key) || value.is_null(), json.where(key), "not supported",
                "settings that the encoder uses or that change nothing", value.dump().substr(0, 60));
    return c;
}

/// The tokens after which a folder has texts cut: those of sentence-transformers, else of the tokenizer, else
/// as many as there are positions.
inline Index tokens_of(const std::filesystem::path& folder, Index positions) {
    for (const auto& [file, key] : {std::pair{"sentence_bert_config.json", "max_seq_length"},
                                    {"tokenizer_config.json", "model_max_length"}}) {
        if (!std::filesystem::exists(folder / file)) continue;
        const io::JsonObject json = io::JsonObject::open(folder / file);
        // A tokenizer without a limit has 10^30 there, which is no whole number.
        if (!json.has(key) || !json.value().at(key).is_number_integer()) continue;
        return std::min(positions, static_cast<Index>(json.integer(key)));
    }
    return positions;
}

/// The names in a folder: those of a model with a head begin with "bert.", and norms of models that were
/// converted from TensorFlow have gamma and beta.
inline std::string name_in(const io::SafetensorsFolder& files, std::string_view name) {
    std::string full(name);
    if (files.has("bert.embeddings.word_embeddings.weight")) full = "bert." + full;
    if (files.has(full)) return full;
    for (const auto& [now, before] :
         {std::pair{"LayerNorm.weight", "LayerNorm.gamma"}, {"LayerNorm.bias", "LayerNorm.beta"}}) {
        const std::string_view ending(now);
        if (!std::string_view(full).ends_with(ending)) continue;
        const std::string old = full.substr(0, full.size() - ending.size()) + before;
        if (files.has(old)) return old;
    }
    return full;
}

/// \throws Error naming a tensor that neither the encoder has nor one of the heads that models of the family
///         have behind it
inline void check_names(const io::SafetensorsFolder& files, const EncoderConfig& config) {
    std::set<std::string> known;
    const auto add = [&](const std::string& name) {
        for (const std::string& part : parts_of(name)) known.insert(name_in(files, part));
    };
    for (const char* const name : {"word", "type", "position", "norm.weight", "norm.bias"}) add(name);
    for (Index l = 0; l < config.layers; ++l)
        for (const char* const part : {"attention.qkv", "attention.output", "norm1", "feed_forward.first",
                                       "feed_forward.second", "norm2"})
            for (const char* const kind : {".weight", ".bias"}) add(text_of("layer", l, ".", part, kind));
    for (const std::string& name : files.names()) {
        std::string_view bare = name;
        if (bare.starts_with("bert.")) bare.remove_prefix(5);
        const auto begins = [&](const char* const head) { return bare.starts_with(head); };
        require(known.contains(name) || bare == "embeddings.position_ids" || begins("pooler.") ||
                    begins("cls.") || begins("classifier.") || begins("qa_outputs."),
                files.where(name), "not supported",
                text_of("the tensors of bert with ", config.layers, " layers"));
    }
}

}  // namespace bert

/// The encoder in a folder, whose files stay mapped as long as the source is used. Weights are read when
/// parameters are made from it.
/// \throws Error as `bert::config_of`, `hf::modules_of` and `io::SafetensorsFolder`; a missing tensor, a
/// wrong
///         shape or a value that is not finite is reported, with the tensor's name, when it is read
inline EncoderSource bert_source(const std::filesystem::path& folder) {
    EncoderSource source;
    source.config = bert::config_of(io::JsonObject::open(folder / "config.json"));
    source.config.tokens = bert::tokens_of(folder, source.config.positions);
    const hf::Modules modules = hf::modules_of(folder, hf::OtherPooling::first);
    if (modules.pooling == "first") source.config.pooling = SentencePooling::first;
    source.config.unit_length = modules.unit_length;
    source.config.check();
    const auto files = std::make_shared<const io::SafetensorsFolder>(folder);
    bert::check_names(*files, source.config);
    source.read = [files](std::string_view name, Index rows, Index cols, std::span<float> out) {
        const std::vector<std::string> parts = bert::parts_of(name);
        const Index count = static_cast<Index>(parts.size());
        // A bias is one row, whose parts stand side by side.
        if (rows == 1)
            cols /= count;
        else
            rows /= count;
        for (const std::string& part : parts) {
            const auto size = static_cast<std::size_t>(rows * cols);
            files->read(bert::name_in(*files, part), rows, cols, 0, out.first(size));
            out = out.subspan(size);
        }
    };
    return source;
}

}  // namespace coco::llm
