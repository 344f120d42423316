// SPDX-License-Identifier: Apache-2.0
/// \file
/// A language model of any shape with random weights from a seed. For tests, benchmarks and the small decoder
/// over a catalogue's words.
#pragma once

#include <cmath>
#include <cstdint>

#include <coco/core/random.hpp>
#include <coco/llm/source.hpp>

namespace coco::llm {

/// Uniform weights of variance 1/in (norms 1, token embeddings of variance 1), a function of the seed, the
/// tensor's name and the element's index. Output projections (attn_output, ffn_down) are scaled by
/// 1/sqrt(2 layers), so that rows keep the magnitude of the embeddings at any depth.
inline Source random_source(const Config& config, std::uint64_t seed) {
    config.check();
    return {config,
            [config, seed](std::string_view name, Index, Index cols, Index first, std::span<float> out) {
                std::uint64_t stream = 1469598103934665603u;  // FNV-1a
                for (const char c : name) stream = (stream ^ static_cast<unsigned char>(c)) * 1099511628211u;
                if (name.ends_with("norm.weight")) {
                    for (float& x : out) x = 1;
                    return;
                }
                double deviation = name == "token_embd.weight" ? 1 : 1 / std::sqrt(static_cast<double>(cols));
                if (name.ends_with("attn_output.weight") || name.ends_with("ffn_down.weight"))
                    deviation /= std::sqrt(2.0 * static_cast<double>(config.layers));
                const float bound = static_cast<float>(deviation * std::sqrt(3.0));
                const auto start = static_cast<std::size_t>(first * cols);
                Quad quad{};
                for (std::size_t i = 0; i < out.size(); ++i) {
                    const std::size_t at = start + i;
                    if (i == 0 || at % 4 == 0) quad = philox(seed, at / 4, stream);
                    out[i] = bound * (2 * unit_interval(quad.word[at % 4]) - 1);
                }
            }};
}

}  // namespace coco::llm
