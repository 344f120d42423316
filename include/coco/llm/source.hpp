// SPDX-License-Identifier: Apache-2.0
/// \file
/// Where a language model's weights come from: a file, or a seed. To the decoder all are alike.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>

#include <coco/core/config.hpp>
#include <coco/llm/config.hpp>

namespace coco::llm {

/// A language model as given: its shape, and a function that writes any of its tensors. Copies share
/// whatever the function holds (an open file).
struct Source {
    Config config;
    /// Writes the tensor of a name, rows x cols, row-major, out x in. Names are those of GGUF:
    /// token_embd, output_norm, output, blk.N.{attn_norm, attn_q, attn_k, attn_v, attn_output, attn_q_norm,
    /// attn_k_norm, ffn_norm, ffn_gate, ffn_up, ffn_down}, each with ".weight", and
    /// blk.N.{attn_q, attn_k, attn_v} with ".bias" where `config.qkv_bias`. Rows of attn_q and attn_k lie
    /// as `config.rope` says. Throws `Error` naming the tensor where it is missing or of another shape.
    std::function<void(std::string_view name, Index rows, Index cols, std::span<float> out)> read;
};

/// "blk.3.attn_q.weight".
inline std::string layer_tensor(Index layer, std::string_view part, std::string_view kind = "weight") {
    return "blk." + std::to_string(layer) + "." + std::string(part) + "." + std::string(kind);
}

}  // namespace coco::llm
