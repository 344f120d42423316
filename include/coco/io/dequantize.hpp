// SPDX-License-Identifier: Apache-2.0
/// \file
/// Decodes the blocks of a GGUF tensor to floats.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include <coco/core/error.hpp>
#include <coco/core/types.hpp>
#include <coco/io/finite.hpp>
#include <coco/io/gguf.hpp>
#include <coco/store/ggml_blocks.hpp>
#include <coco/store/ggml_type.hpp>

namespace coco::io {

/// Decodes rows `first` .. `first + count - 1` of a tensor into `out`, count x columns, row-major.
/// \throws Error naming the tensor if its type is not supported, if `out` has another size, if the rows do
///         not exist, or if a value is infinite or NaN
inline void read_rows(const TensorInfo& tensor, Index first, Index count, std::span<float> out) {
    const GgmlLayout* layout = layout_of(tensor.type);
    const ggml::Decode decode = ggml::decode_of(tensor.type);
    if (decode == nullptr)
        throw Error(tensor.where, "tensor type cannot be decoded",
                    "F32, F16, BF16, Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q2_K, Q3_K, Q4_K, Q5_K or Q6_K",
                    layout == nullptr ? text_of(std::uint32_t(tensor.type)) : std::string(layout->name));
    if (first < 0 || count < 0 || first > tensor.rows || count > tensor.rows - first)
        throw Error(tensor.where, "no such rows", text_of("rows within ", tensor.rows),
                    text_of(first, " and ", count, " on"));
    if (static_cast<Index>(out.size()) != count * tensor.columns)
        throw Error(tensor.where, "wrong number of values", text_of(count * tensor.columns),
                    text_of(out.size()));
    const Index row_bytes = tensor.columns / layout->values * layout->bytes;
    decode(reinterpret_cast<const std::uint8_t*>(tensor.bytes.data()) + first * row_bytes,
           count * tensor.columns, out.data());
    require_finite(out, tensor.columns, tensor.where, first);
}

/// \throws Error as `read_rows` if any of a tensor's rows `first` .. `first + count - 1` cannot be decoded or
///         is not finite
inline void require_decodable(const TensorInfo& tensor, Index first, Index count) {
    std::vector<float> row(static_cast<std::size_t>(tensor.columns));
    for (Index i = first; i < first + count; ++i) read_rows(tensor, i, 1, row);
}

/// Decodes a whole tensor, rows x columns, row-major. \throws Error as `read_rows`
inline void read(const Gguf& file, std::string_view name, std::span<float> out) {
    const TensorInfo& tensor = file.tensor(name);
    read_rows(tensor, 0, tensor.rows, out);
}

}  // namespace coco::io
