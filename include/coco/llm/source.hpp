// SPDX-License-Identifier: Apache-2.0
/// \file
/// Where a language model's weights come from: a file, or a seed. To the decoder all are alike.
#pragma once

#include <cstddef>
#include <cstring>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <coco/core/config.hpp>
#include <coco/core/half.hpp>
#include <coco/llm/config.hpp>
#include <coco/store/ggml_type.hpp>

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
    /// A file's own type of a tensor's values, and its bytes, rows in the same order. Both are empty where
    /// there is no file. Throw as `read`.
    std::function<GgmlType(std::string_view name)> type = {};
    std::function<void(std::string_view name, Index rows, Index cols, std::span<std::byte> out)> bytes = {};
};

/// In what type a tensor can be had as it is stored: the file's, or F32 where there is none.
inline GgmlType type_of(const Source& source, std::string_view name) {
    return source.type ? source.type(name) : GgmlType::F32;
}

/// Writes the bytes of a tensor in that type.
inline void write_stored(const Source& source, std::string_view name, Index rows, Index cols,
                         std::span<std::byte> out) {
    if (source.bytes) return source.bytes(name, rows, cols, out);
    std::vector<float> values(static_cast<std::size_t>(rows * cols));
    source.read(name, rows, cols, values);
    std::memcpy(out.data(), values.data(), out.size());
}

/// "blk.3.attn_q.weight".
inline std::string layer_tensor(Index layer, std::string_view part, std::string_view kind = "weight") {
    return "blk." + std::to_string(layer) + "." + std::string(part) + "." + std::string(kind);
}

/// The same model with its matrices in bfloat16, rounded to the nearest.
inline Source narrowed(const Source& source) {
    Source narrow = source;
    narrow.type = [](std::string_view) { return GgmlType::BF16; };
    narrow.bytes = [source](std::string_view name, Index rows, Index cols, std::span<std::byte> out) {
        if (type_of(source, name) == GgmlType::BF16) return write_stored(source, name, rows, cols, out);
        std::vector<float> wide(static_cast<std::size_t>(rows * cols));
        source.read(name, rows, cols, wide);
        for (std::size_t i = 0; i < wide.size(); ++i) {
            const std::uint16_t value = float_to_bfloat(wide[i]);
            std::memcpy(out.data() + 2 * i, &value, sizeof(value));
        }
    };
    return narrow;
}

}  // namespace coco::llm
