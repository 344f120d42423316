// SPDX-License-Identifier: Apache-2.0
/// \file
/// Shapes of published models, and the number of parameters of a shape. Source: the models' config.json.
#pragma once

#include <coco/llm/config.hpp>

namespace coco::llm {

/// Number of weights of a model of this shape, all layers; a tied output matrix is counted once.
inline Index parameter_count(const Config& c) {
    const Index attention = (c.fused_width() + c.query_width()) * c.width +
                            (c.qkv_bias ? c.fused_width() : 0) + (c.head_norm ? 2 * c.head : 0);
    const Index layer = attention + 3 * c.hidden * c.width + 2 * c.width;
    return c.layers * layer + c.width + (c.tied || c.headless ? 1 : 2) * c.vocabulary * c.width;
}

/// A Qwen3 of this size.
inline Config qwen3(Index width, Index layers, Index heads, Index hidden, bool tied) {
    Config c = Config::of("qwen3", "preset");
    c.width = width;
    c.layers = layers;
    c.heads = heads;
    c.kv_heads = 8;
    c.head = 128;
    c.hidden = hidden;
    c.vocabulary = 151936;
    c.theta = 1e6;
    c.epsilon = 1e-6;
    c.tied = tied;
    return c;
}
inline Config qwen3_0_6b() { return qwen3(1024, 28, 16, 3072, true); }
inline Config qwen3_1_7b() { return qwen3(2048, 28, 16, 6144, true); }
inline Config qwen3_4b() { return qwen3(2560, 36, 32, 9728, true); }
inline Config qwen3_8b() { return qwen3(4096, 36, 32, 12288, false); }

/// SmolLM2-135M, a Llama.
inline Config smollm2_135m() {
    Config c;
    c.width = 576;
    c.layers = 30;
    c.heads = 9;
    c.kv_heads = 3;
    c.head = 64;
    c.hidden = 1536;
    c.vocabulary = 49152;
    c.theta = 1e5;
    c.epsilon = 1e-5;
    return c;
}

}  // namespace coco::llm
