// SPDX-License-Identifier: Apache-2.0
/// \file
/// Reads stored matrices: slices of rows as scalars, and panels of them for products.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include <coco/exec/primitives.hpp>
#include <coco/host/packed.hpp>
#include <coco/host/product.hpp>
#include <coco/store/ggml_blocks.hpp>
#include <coco/store/stored.hpp>

namespace coco::host {
inline namespace COCO_INSTRUCTION_SET {

/// Reads a stored matrix row by row.
template <class T>
class Unpack {
public:
    explicit Unpack(const Stored<space::Host>& matrix)
        : matrix_(matrix),
          layout_(*layout_of(matrix.type)),
          decode_(ggml::decode_of(matrix.type)),
          row_bytes_(matrix.row_bytes()) {}

    /// Values per block: slices begin and end at multiples of it.
    Index step() const { return layout_.values; }

    /// Columns first .. first + count - 1 of row i.
    void operator()(Index i, Index first, Index count, T* to) const {
        const auto* const from = reinterpret_cast<const std::uint8_t*>(matrix_.data) + i * row_bytes_ +
                                 first / layout_.values * layout_.bytes;
        if constexpr (std::is_same_v<T, float>) {
            decode_(from, count, to);
        } else {
            float part[piece];
            for (Index j = 0; j < count; j += piece) {
                const Index n = std::min(piece, count - j);
                decode_(from + j / layout_.values * layout_.bytes, n, part);
                std::copy(part, part + n, to + j);
            }
        }
    }

    /// A multiple of the block size of every type.
    static constexpr Index piece = 256;

private:
    Stored<space::Host> matrix_;
    GgmlLayout layout_;
    ggml::Decode decode_;
    Index row_bytes_;
};

/// Panels of w' (columns are rows of w), depth x block_width each, zeros past the last.
template <class T>
void unpack_transposed(const Stored<space::Host>& w, Index column, Index count, T* to) {
    constexpr Index width = block_width<T>, piece = Unpack<T>::piece;
    const Unpack<T> unpack(w);
    T rows[std::size_t{width * piece}];
    for (Index p = 0; p < count; ++p, column += width, to += w.cols * width) {
        const Index some = std::min(width, w.rows - column);
        for (Index k = 0; k < w.cols; k += piece) {
            const Index depth = std::min(piece, w.cols - k);
            for (Index c = 0; c < some; ++c) unpack(column + c, k, depth, rows + c * piece);
            pack_block(rows, piece, some, depth, width, to + k * width);
        }
    }
}

/// Panels of w, as many columns from `column` on as `count` panels hold; `column` is the first of a block.
template <class T>
void unpack_plain(const Stored<space::Host>& w, Index column, Index count, T* to) {
    constexpr Index width = block_width<T>, piece = Unpack<T>::piece;
    static_assert(piece % width == 0);
    const Unpack<T> unpack(w);
    T row[std::size_t{piece}];
    const Index end = std::min(w.cols, column + count * width), size = w.rows * width;
    for (Index start = column; start < end; start += piece, to += piece / width * size) {
        const Index some = std::min(piece, end - start);
        for (Index i = 0; i < w.rows; ++i) {
            unpack(i, start, some, row);
            for (Index j = 0; j < some; j += width)
                widen(row + j, std::min(width, some - j), width, T(1), to + j / width * size + i * width);
        }
    }
}

}  // namespace COCO_INSTRUCTION_SET
}  // namespace coco::host
