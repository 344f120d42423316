// SPDX-License-Identifier: Apache-2.0
/// \file
/// Large products: all threads pack the right factor once, in panels as wide as a register block; then panels
/// and ranges of rows are distributed. A panel stays in the second-level cache while it is multiplied by many
/// rows.
#pragma once

#include <algorithm>

#include <coco/exec/primitives.hpp>
#include <coco/host/packed.hpp>
#include <coco/host/pool.hpp>
#include <coco/host/product.hpp>
#include <coco/host/scratch.hpp>
#include <coco/store/view.hpp>

namespace coco::host {
inline namespace COCO_INSTRUCTION_SET {

/// Columns first .. of alpha op(b) as a panel, depth x block_width, zeros past the last column.
template <class T>
void pack_panel(View<const T, space::Host> b, Op op_b, T alpha, Index first, T* to) {
    constexpr Index width = block_width<T>;
    const Index depth = op_b == Op::plain ? b.rows : b.cols, cols = op_b == Op::plain ? b.cols : b.rows;
    const Index count = std::min(width, cols - first);
    if (op_b == Op::plain) {
        for (Index k = 0; k < depth; ++k) widen(b.row(k) + first, count, width, alpha, to + k * width);
        return;
    }
    pack_block(b.row(first), b.stride, count, depth, width, to);
    if (alpha != T(1))
        for (Index i = 0; i < depth * width; ++i) to[i] *= alpha;
}

/// out (+)= a p on the calling thread, where p is a panel and `out` at most as wide.
template <class T>
void panel(Factor<T> a, const T* p, Index depth, View<T, space::Host> out, bool add) {
    constexpr Index width = block_width<T>, height = 8 * block_rows;
    const Index whole = out.cols / lanes<T> * lanes<T>, rest = out.cols - whole;
    if (whole > 0) product<T>(out.rows, whole, depth, a, p, width, out.data, out.stride, add);
    if (rest == 0) return;
    T edge[height * lanes<T>];
    for (Index i = 0; i < out.rows; i += height) {
        const Index rows = std::min(height, out.rows - i);
        product<T>(rows, lanes<T>, depth, {a.data + i * a.row, a.row, a.step}, p + whole, width, edge,
                   lanes<T>, false);
        for (Index r = 0; r < rows; ++r)
            for (Index j = 0; j < rest; ++j) {
                T& to = out.row(i + r)[whole + j];
                to = (add ? to : T(0)) + edge[r * lanes<T> + j];
            }
    }
}

/// Computes `out` in panels `width` columns wide, on all threads.
/// \param size   elements of a panel
/// \param group  panels that are packed together
/// \param pack   `pack(column, count, to)` writes the `count` panels that begin at `column`
/// \param use    `use(row, panel, part)` computes the part of `out` that begins at `row`, one panel wide
template <class Element, class T, class Pack, class Use>
void by_panels(Pool& pool, View<T, space::Host> out, Index width, Index size, Index group, const Pack& pack,
               const Use& use) {
    constexpr Index height = 40 * block_rows, room = Index{1} << 22;
    const Index panels = (out.cols + width - 1) / width, chunks = (out.rows + height - 1) / height;
    const Index at_once = std::min(panels, std::max<Index>(1, room / size / group) * group);
    const Scratch scratch;
    Element* const slab = scratch.take<Element>(at_once * size);
    for (Index start = 0; start < panels; start += at_once) {
        const Index count = std::min(at_once, panels - start);
        pool.run((count + group - 1) / group, [&](Index g) {
            const Index first = g * group;
            pack((start + first) * width, std::min(group, count - first), slab + first * size);
        });
        pool.run(count * chunks, [&](Index task) {
            const Index p = task / chunks, row = task % chunks * height, column = (start + p) * width;
            use(row, slab + p * size,
                out.rows_from(row, std::min(height, out.rows - row))
                    .cols_from(column, std::min(width, out.cols - column)));
        });
    }
}

/// out (+)= a b on all threads; `pack` writes panels of b, depth x block_width, as in `by_panels`.
template <class T, class Pack>
void multiply_panels(Pool& pool, Factor<T> a, Index depth, View<T, space::Host> out, bool add, Index group,
                     const Pack& pack) {
    by_panels<T>(pool, out, block_width<T>, depth * block_width<T>, group, pack,
                 [&](Index row, const T* p, View<T, space::Host> part) {
                     panel<T>({a.data + row * a.row, a.row, a.step}, p, depth, part, add);
                 });
}

}  // namespace COCO_INSTRUCTION_SET
}  // namespace coco::host
