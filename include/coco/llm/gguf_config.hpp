// SPDX-License-Identifier: Apache-2.0
/// \file
/// Reads the shape of a language model from a GGUF file. Each key of the metadata and each tensor is used, or
/// known to change nothing, or an error that names it. Keys: ggml `docs/gguf.md`.
#pragma once

#include <algorithm>
#include <cmath>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include <coco/core/error.hpp>
#include <coco/io/dequantize.hpp>
#include <coco/io/gguf.hpp>
#include <coco/llm/config.hpp>
#include <coco/llm/tensor_names.hpp>

namespace coco::llm {

/// The metadata of one file, read into a `Config`.
class GgufConfig {
public:
    /// \throws Error, which names file and key or tensor
    explicit GgufConfig(const io::Gguf& file)
        : config(Config::of(std::string(file.string("general.architecture")),
                            file.path() + ": general.architecture")),
          file_(file) {
        check_parts();
        read_sizes();
        read_rotation();
        read_attention();
        config.check();
        for (const auto& [key, value] : file.metadata()) check_key(key);
        check_tensors();
    }

    Config config;

private:
    const io::Gguf& file_;

    std::string key(std::string_view name) const { return text_of(config.architecture, ".", name); }
    std::string where(std::string_view name) const { return text_of(file_.path(), ": ", key(name)); }
    bool has(std::string_view name) const { return file_.has(key(name)); }
    Index count(std::string_view name) const { return static_cast<Index>(file_.integer(key(name))); }
    Index count(std::string_view name, Index otherwise) const { return has(name) ? count(name) : otherwise; }
    std::string word(std::string_view name, const char* otherwise) const {
        return has(name) ? std::string(file_.string(key(name))) : otherwise;
    }

    /// The value of a key of any scalar type; NaN for a text or a list.
    double number(std::string_view name) const {
        const io::GgufValue& value = file_.metadata().at(key(name));
        if (const auto* real = std::get_if<double>(&value)) return *real;
        if (const auto* whole = std::get_if<std::int64_t>(&value)) return static_cast<double>(*whole);
        if (const auto* flag = std::get_if<bool>(&value)) return *flag ? 1 : 0;
        return std::nan("");
    }

    void refuse(std::string_view name, bool wrong, std::string_view expected) const {
        if (!wrong) return;
        const auto* text = std::get_if<std::string_view>(&file_.metadata().at(key(name)));
        const double value = number(name);
        throw Error(where(name), "not supported", expected,
                    text != nullptr     ? std::string(*text)
                    : std::isnan(value) ? std::string()
                                        : text_of(value));
    }

    void check_parts() const {
        if (file_.has("general.type") && file_.string("general.type") != "model")
            throw Error(file_.path() + ": general.type", "not a model", "model",
                        std::string(file_.string("general.type")));
        if (file_.has("split.count") && file_.integer("split.count") > 1)
            throw Error(file_.path() + ": split.count", "one part of a model",
                        "one file: put the parts together first (llama-gguf-split --merge)",
                        text_of(file_.integer("split.count"), " parts"));
    }

    void read_sizes() {
        Config& c = config;
        c.width = count("embedding_length");
        c.layers = count("block_count");
        require(c.layers <= 100000, where("block_count"), "impossible number of layers", "at most 100000",
                text_of(c.layers));
        c.heads = count("attention.head_count");
        c.kv_heads = count("attention.head_count_kv", c.heads);
        require(c.heads >= 1, where("attention.head_count"), "too small", "at least 1", text_of(c.heads));
        c.head = count("attention.key_length", c.width / c.heads);
        c.hidden = count("feed_forward_length");
        c.vocabulary = file_.tensor("token_embd.weight").rows;
        c.epsilon = file_.real(key("attention.layer_norm_rms_epsilon"));
        c.tied = !file_.has_tensor("output.weight");
        refuse("attention.value_length", count("attention.value_length", c.head) != c.head,
               "values as wide as keys");
    }

    /// Linear scaling is one factor for all angles; the tensor `rope_freqs.weight` has one for each pair.
    void read_rotation() {
        Config& c = config;
        if (has("rope.freq_base")) c.theta = file_.real(key("rope.freq_base"));
        refuse("rope.dimension_count", count("rope.dimension_count", c.head) != c.head,
               "whole heads are rotated");
        const std::string kind = word("rope.scaling.type", "linear");
        refuse("rope.scaling.type", kind != "none" && kind != "linear", "none or linear");
        refuse("rope.scaling.attn_factor",
               has("rope.scaling.attn_factor") && number("rope.scaling.attn_factor") != 1, "1");
        double scale = 1;
        for (const char* name : {"rope.scale_linear", "rope.scaling.factor"})
            if (has(name) && kind == "linear" && number(name) != 0) scale = number(name);
        const char* const factors = "rope_freqs.weight";
        if (file_.has_tensor(factors)) {
            const io::TensorInfo& tensor = file_.tensor(factors, 1, c.head / 2);
            std::vector<float> values(static_cast<std::size_t>(c.head / 2));
            io::read_rows(tensor, 0, 1, values);
            for (const float value : values) c.factors.push(scale * static_cast<double>(value), tensor.where);
        } else if (scale != 1) {
            for (Index j = 0; j < c.head / 2; ++j) c.factors.push(scale, where("rope.scaling.factor"));
        }
    }

    void read_attention() {
        Config& c = config;
        c.window = count("attention.sliding_window", 0);
        if (!has("pooling_type")) return;
        const Index kind = count("pooling_type");
        refuse("pooling_type", kind != 0 && kind != 1 && kind != 3, "none (0), mean (1) or last (3)");
        if (kind > 0) c.pooling = kind == 1 ? "mean" : "last";
    }

    /// \throws Error for a key that is neither used above nor known to change nothing
    void check_key(std::string_view whole) const {
        static constexpr std::string_view others[] = {"general.", "tokenizer.", "split.", "quantize.",
                                                      "mradermacher."};
        for (const std::string_view prefix : others)
            if (whole.starts_with(prefix)) return;
        const std::string prefix = key("");
        const std::string_view name = whole.starts_with(prefix) ? whole.substr(prefix.size()) : "";
        static constexpr std::string_view used[] = {
            "embedding_length", "block_count", "attention.head_count", "attention.head_count_kv",
            "attention.key_length", "attention.value_length", "feed_forward_length",
            "attention.layer_norm_rms_epsilon", "rope.freq_base", "rope.dimension_count", "rope.scaling.type",
            "rope.scaling.factor", "rope.scale_linear", "rope.scaling.attn_factor",
            "attention.sliding_window", "pooling_type",
            // These change nothing.
            "context_length", "vocab_size", "rope.scaling.original_context_length", "rope.scaling.finetuned",
            "tensor_data_layout"};
        if (std::find(std::begin(used), std::end(used), name) != std::end(used)) return;
        // Names of what the decoder does not have, with the values by which it is switched off.
        const double plain = 1 / std::sqrt(static_cast<double>(config.head));
        const std::pair<std::string_view, std::pair<double, double>> off[] = {
            {"attention.scale", {0, plain}},
            {"attention.output_scale", {0, 1}},
            {"logit_scale", {0, 1}},
            {"embedding_scale", {0, 1}},
            {"residual_scale", {0, 1}},
            {"attn_logit_softcapping", {0, 0}},
            {"final_logit_softcapping", {0, 0}},
            {"attention.max_alibi_bias", {0, 0}},
            {"attention.clamp_kqv", {0, 0}},
            {"expert_count", {0, 0}},
            {"expert_used_count", {0, 0}},
            {"expert_shared_count", {0, 0}},
            {"use_parallel_residual", {0, 0}},
            {"attention.causal", {1, 1}},
            {"leading_dense_block_count", {0, 0}}};
        for (const auto& [known, values] : off) {
            if (known != name) continue;
            const double value = number(name);
            const auto near = [value](double x) { return std::abs(value - x) <= 1e-6 * std::abs(x); };
            return refuse(name, !near(values.first) && !near(values.second), text_of(values.second));
        }
        throw Error(text_of(file_.path(), ": ", whole), "not supported",
                    "keys that the decoder uses or that change nothing");
    }

    void check_tensors() const {
        const TensorNames known = tensor_names(config);
        for (const io::TensorInfo& tensor : file_.tensors())
            if (!known.contains(tensor.name) && tensor.name != "rope_freqs.weight")
                throw Error(
                    tensor.where, "not supported",
                    text_of("the tensors of ", config.architecture, " with ", config.layers, " layers"));
    }
};

/// The shape of the model in a file.
/// \throws Error, which names the key or the tensor: unknown architecture, missing key, a feature the decoder
///         does not have
inline Config config_of(const io::Gguf& file) { return GgufConfig(file).config; }

}  // namespace coco::llm
