// SPDX-License-Identifier: Apache-2.0
/// \file
/// The names of all tensors that a decoder of a shape may read. Any other tensor in a model's file means that
/// the file's model is another one.
#pragma once

#include <functional>
#include <set>
#include <string>

#include <coco/llm/config.hpp>
#include <coco/llm/source.hpp>

namespace coco::llm {

using TensorNames = std::set<std::string, std::less<>>;

/// Names as `Source` has them. Of a tied model `output.weight` may be in the file: it is not read.
inline TensorNames tensor_names(const Config& config) {
    TensorNames names{"token_embd.weight", "output_norm.weight", "output.weight"};
    for (Index l = 0; l < config.layers; ++l) {
        for (const char* part : {"attn_norm", "attn_q", "attn_k", "attn_v", "attn_output", "ffn_norm",
                                 "ffn_gate", "ffn_up", "ffn_down"})
            names.insert(layer_tensor(l, part));
        for (const char* part : {"attn_q", "attn_k", "attn_v"})
            if (config.qkv_bias) names.insert(layer_tensor(l, part, "bias"));
        for (const char* part : {"attn_q_norm", "attn_k_norm"})
            if (config.head_norm) names.insert(layer_tensor(l, part));
    }
    return names;
}

}  // namespace coco::llm
