// SPDX-License-Identifier: Apache-2.0
/// \file
/// Given matrices that stay as a file stores them: rows of whole blocks with at most 16 bits per value.
#pragma once

#include <cstddef>

#include <coco/core/types.hpp>
#include <coco/store/ggml_type.hpp>

namespace coco {

/// Address and shape of a stored matrix: `at` counts bytes from the start of its block.
struct StoredTensorRef {
    GgmlType type = GgmlType::F32;
    Index at = 0, rows = 0, cols = 0;

    Index row_bytes() const {
        const GgmlLayout& layout = *layout_of(type);
        return cols / layout.values * layout.bytes;
    }
    Index bytes() const { return rows * row_bytes(); }
};

/// The matrix itself, row-major; `cols` is a multiple of the type's block size.
template <class Space>
struct Stored {
    GgmlType type = GgmlType::F32;
    const std::byte* data = nullptr;
    Index rows = 0, cols = 0;

    Index row_bytes() const { return StoredTensorRef{type, 0, rows, cols}.row_bytes(); }
    const std::byte* row(Index i) const { return data + i * row_bytes(); }
};

}  // namespace coco
