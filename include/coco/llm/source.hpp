// SPDX-License-Identifier: Apache-2.0
/// \file
/// Source of a language model's weights: a file, or a random generator, with one interface for the decoder.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <coco/core/half.hpp>
#include <coco/core/types.hpp>
#include <coco/io/slices.hpp>
#include <coco/llm/config.hpp>
#include <coco/store/ggml_type.hpp>

namespace coco::llm {

/// A given language model: its shape, and a function that writes any of its tensors. Copies share what the
/// function holds (an open file).
struct Source {
    Config config;
    /// Writes consecutive rows from `first` on, as many as `out` holds, of the tensor of that name, which is
    /// rows x cols, row-major, out x in. Names are those of GGUF:
    /// token_embd, output_norm, output, blk.N.{attn_norm, attn_q, attn_k, attn_v, attn_output, attn_q_norm,
    /// attn_k_norm, ffn_norm, ffn_gate, ffn_up, ffn_down}, each with ".weight", and
    /// blk.N.{attn_q, attn_k, attn_v} with ".bias" if `config.qkv_bias`. The order of rows of attn_q
    /// and attn_k is that of `config.rope`. Throws `Error`, which names the tensor, if it is missing or of
    /// another shape.
    std::function<void(std::string_view name, Index rows, Index cols, Index first, std::span<float> out)>
        read;
    /// The stored type of a tensor, and the bytes of the same rows in that type. Both are empty if there is
    /// no file. They throw as `read`.
    std::function<GgmlType(std::string_view name)> type = {};
    std::function<void(std::string_view name, Index rows, Index cols, Index first, std::span<std::byte> out)>
        bytes = {};
};

/// The type in which `write_stored` writes a tensor: that of the file, or F32 if there is no file.
inline GgmlType type_of(const Source& source, std::string_view name) {
    return source.type ? source.type(name) : GgmlType::F32;
}

/// Reads rows of a tensor slice by slice and calls `write(i, value)` for each value, i from 0 on.
template <class Write>
void for_each_value(const Source& source, std::string_view name, Index rows, Index cols, Index first,
                    Index count, const Write& write) {
    std::vector<float> values;
    io::by_slices(count, cols, [&](Index at, Index some) {
        values.resize(static_cast<std::size_t>(some * cols));
        source.read(name, rows, cols, first + at, values);
        for (std::size_t i = 0; i < values.size(); ++i)
            write(static_cast<std::size_t>(at * cols) + i, values[i]);
    });
}

/// Writes the bytes of consecutive rows of a tensor, in the type given by `type_of`, as many as `out` holds.
inline void write_stored(const Source& source, std::string_view name, Index rows, Index cols, Index first,
                         std::span<std::byte> out) {
    if (source.bytes) return source.bytes(name, rows, cols, first, out);
    const Index count = static_cast<Index>(out.size() / sizeof(float)) / cols;
    for_each_value(source, name, rows, cols, first, count, [out](std::size_t i, float value) {
        std::memcpy(out.data() + i * sizeof(value), &value, sizeof(value));
    });
}

/// Name of a tensor of a layer, for example "blk.3.attn_q.weight".
inline std::string layer_tensor(Index layer, std::string_view part, std::string_view kind = "weight") {
    return text_of("blk.", layer, ".", part, ".", kind);
}

/// The same model with its matrices in bfloat16, rounded to the nearest.
inline Source narrowed(const Source& source) {
    Source narrow = source;
    narrow.type = [](std::string_view) { return GgmlType::BF16; };
    narrow.bytes = [source](std::string_view name, Index rows, Index cols, Index first,
                            std::span<std::byte> out) {
        if (type_of(source, name) == GgmlType::BF16)
            return write_stored(source, name, rows, cols, first, out);
        const Index count = static_cast<Index>(out.size() / sizeof(std::uint16_t)) / cols;
        for_each_value(source, name, rows, cols, first, count, [out](std::size_t i, float wide) {
            const std::uint16_t value = float_to_bfloat(wide);
            std::memcpy(out.data() + i * sizeof(value), &value, sizeof(value));
        });
    };
    return narrow;
}

}  // namespace coco::llm
