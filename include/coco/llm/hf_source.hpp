// SPDX-License-Identifier: Apache-2.0
/// \file
/// Language models from Hugging Face folders: `config.json` and safetensors.
#pragma once

#include <array>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <coco/core/error.hpp>
#include <coco/io/json.hpp>
#include <coco/io/safetensors_folder.hpp>
#include <coco/llm/hf_config.hpp>
#include <coco/llm/hf_pooling.hpp>
#include <coco/llm/source.hpp>
#include <coco/llm/tensor_names.hpp>

namespace coco::llm {

/// Hugging Face's name of the tensor that `Source` calls `name`:
/// "blk.3.attn_q.weight" is "model.layers.3.self_attn.q_proj.weight".
inline std::string hf_name(std::string_view name) {
    static constexpr std::array<std::pair<std::string_view, std::string_view>, 14> parts{
        {{"token_embd", "embed_tokens"},
         {"output_norm", "norm"},
         {"output", "lm_head"},
         {"attn_norm", "input_layernorm"},
         {"attn_q", "self_attn.q_proj"},
         {"attn_k", "self_attn.k_proj"},
         {"attn_v", "self_attn.v_proj"},
         {"attn_output", "self_attn.o_proj"},
         {"attn_q_norm", "self_attn.q_norm"},
         {"attn_k_norm", "self_attn.k_norm"},
         {"ffn_norm", "post_attention_layernorm"},
         {"ffn_gate", "mlp.gate_proj"},
         {"ffn_up", "mlp.up_proj"},
         {"ffn_down", "mlp.down_proj"}}};
    std::string head = "model.";
    std::string_view rest = name;
    if (rest.starts_with("blk.")) {
        rest.remove_prefix(4);
        const std::size_t dot = rest.find('.');
        head += text_of("layers.", rest.substr(0, dot), ".");
        rest.remove_prefix(std::min(rest.size(), dot == std::string_view::npos ? dot : dot + 1));
    }
    const std::size_t dot = rest.rfind('.');
    for (const auto& [ours, theirs] : parts)
        if (rest.substr(0, dot) == ours)
            return (ours == "output" ? std::string() : head) + std::string(theirs) +
                   (dot == std::string_view::npos ? std::string() : std::string(rest.substr(dot)));
    throw Error(std::string(name), "no such tensor in a language model of this family");
}

/// The model in a folder, whose files stay mapped as long as the source is used. In these files rows of
/// queries and keys are in the order of split halves.
/// \throws Error as `config_of`, `hf_pooling` and `io::SafetensorsFolder`; a missing tensor, a wrong shape or
///         a value that is not finite is reported, with the tensor's name, when the tensor is read
inline Source hf_source(const std::filesystem::path& folder) {
    Config config = config_of(io::JsonObject::open(folder / "config.json"));
    config.pooling = hf_pooling(folder);
    const auto files = std::make_shared<const io::SafetensorsFolder>(folder);
    // A model saved without its output head names its tensors without "model.".
    const auto theirs = [bare = files->has("embed_tokens.weight")](std::string_view name) {
        std::string full = hf_name(name);
        if (bare && full.starts_with("model.")) full.erase(0, 6);
        return full;
    };
    TensorNames known;
    for (const std::string& name : tensor_names(config)) known.insert(theirs(name));
    for (const std::string& name : files->names())
        // Old folders hold the rotary frequencies, which follow from config.json.
        require(known.contains(name) || name.ends_with("rotary_emb.inv_freq"), files->where(name),
                "not supported",
                text_of("the tensors of ", config.architecture, " with ", config.layers, " layers"));
    config.headless = !config.tied && !files->has("lm_head.weight");
    Source source{config, {}, {}, {}};
    source.read = [=](std::string_view name, Index rows, Index cols, Index first, std::span<float> out) {
        files->read(theirs(name), rows, cols, first, out);
    };
    source.type = [=](std::string_view name) {
        switch (files->dtype(theirs(name))) {
            case io::Dtype::f16:
                return GgmlType::F16;
            case io::Dtype::bf16:
                return GgmlType::BF16;
            default:
                return GgmlType::F32;  // any other type throws when it is read
        }
    };
    source.bytes = [=](std::string_view name, Index rows, Index cols, Index first, std::span<std::byte> out) {
        files->read_bytes(theirs(name), rows, cols, first, out);
    };
    return source;
}

}  // namespace coco::llm
