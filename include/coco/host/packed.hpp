// SPDX-License-Identifier: Apache-2.0
/// \file
/// A matrix packed for `product`: transposed in blocks as wide as a register block, so that scores h c' read
/// both factors sequentially.
#pragma once

#include <algorithm>

#include <coco/host/pool.hpp>
#include <coco/host/product.hpp>
#include <coco/host/scratch.hpp>
#include <coco/store/view.hpp>

namespace coco::host {
inline namespace COCO_INSTRUCTION_SET {

/// The rows of a matrix as columns: block b holds, for k = 0 .. depth-1, element k of rows
/// b * block_width .. of the matrix, with zeros past the last row.
template <class T>
struct Packed {
    const T* data = nullptr;
    Index rows = 0, depth = 0;

    static Index blocks(Index rows) { return (rows + block_width<T> - 1) / block_width<T>; }
    /// Elements that the packed matrix takes.
    static Index size(Index rows, Index depth) { return blocks(rows) * block_width<T> * depth; }
    const T* block(Index b) const { return data + b * block_width<T> * depth; }
};

/// Packs `count` <= block_width rows that lie `stride` apart into one block of `width` columns, zeros past
/// `count`.
template <class T>
void pack_block(const T* from, Index stride, Index count, Index depth, Index width, T* to) {
    constexpr Index piece = 16;
    for (Index k0 = 0; k0 < depth; k0 += piece) {
        const Index k1 = std::min(depth, k0 + piece);
        for (Index c = 0; c < count; ++c)
            for (Index k = k0; k < k1; ++k) to[k * width + c] = from[c * stride + k];
    }
    if (count < width)
        for (Index k = 0; k < depth; ++k) std::fill(to + k * width + count, to + (k + 1) * width, T(0));
}

/// Packs all rows of a matrix into `to`, which has room for `Packed::size` elements.
template <class T>
Packed<T> pack(Pool& pool, View<const T, space::Host> matrix, T* to) {
    constexpr Index chunk = 4;
    const Packed<T> packed{to, matrix.rows, matrix.cols};
    const Index blocks = packed.blocks(matrix.rows);
    pool.run((blocks + chunk - 1) / chunk, [&](Index task) {
        for (Index b = task * chunk; b < std::min(blocks, (task + 1) * chunk); ++b) {
            const Index first = b * block_width<T>, count = std::min(block_width<T>, matrix.rows - first);
            pack_block(matrix.row(first), matrix.stride, count, matrix.cols, block_width<T>,
                       to + b * block_width<T> * matrix.cols);
        }
    });
    return packed;
}

/// Scores of `rows` rows with columns first .. first+width-1 of the packed matrix, `first` a multiple of
/// block_width: whole blocks are written, rows of `out` lie `stride` apart.
template <class T>
void scores(const T* h, Index h_stride, Index rows, const Packed<T>& packed, Index first, Index width, T* out,
            Index stride) {
    for (Index j = 0; j < width; j += block_width<T>)
        product<T>(rows, block_width<T>, packed.depth, {h, h_stride, 1},
                   packed.block((first + j) / block_width<T>), block_width<T>, out + j, stride, false);
}

/// Copies a row into one that is `width` wide, multiplied by `factor`, with zeros past its own columns.
template <class T>
void widen(const T* from, Index columns, Index width, T factor, T* to) {
    for (Index j = 0; j < columns; ++j) to[j] = factor * from[j];
    std::fill(to + columns, to + width, T(0));
}

}  // namespace COCO_INSTRUCTION_SET
}  // namespace coco::host
