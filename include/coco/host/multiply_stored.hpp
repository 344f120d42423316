// SPDX-License-Identifier: Apache-2.0
/// \file
/// Products with stored matrices: panels are unpacked when needed, never the whole matrix.
#pragma once

#include <algorithm>
#include <type_traits>

#include <coco/exec/primitives.hpp>
#include <coco/host/across.hpp>
#include <coco/host/bfloat.hpp>
#include <coco/host/few_rows.hpp>
#include <coco/host/for_each_row.hpp>
#include <coco/host/panels.hpp>
#include <coco/host/pool.hpp>
#include <coco/host/unpack.hpp>
#include <coco/store/stored.hpp>

namespace coco::host {
inline namespace COCO_INSTRUCTION_SET {

/// out (= or +=) x w' (transposed) or x w (plain).
template <class T>
void multiply_stored(Pool& pool, View<const T, space::Host> x, const Stored<space::Host>& w, Op op,
                     View<T, space::Host> out, Write write, Precision precision) {
    const bool add = write == Write::add;
    if (out.rows == 0 || out.cols == 0) return;
    if constexpr (std::is_same_v<T, float>) {
        if (out.rows <= dot_rows && op == Op::transposed) return multiply_dots(pool, x, w, out, add);
        if (precision == Precision::bfloat16 && w.type == GgmlType::BF16 && bfloat::available())
            return bfloat::multiply(pool, x, w, op, out, add);
    }
    if (out.rows <= few_rows && op == Op::transposed) return multiply_across<T>(pool, x, w, out, add);
    // Columns of w are unpacked in whole blocks.
    const Index group =
        op == Op::plain ? std::max<Index>(1, layout_of(w.type)->values / block_width<T>) : Index{1};
    multiply_panels<T>(pool, {x.data, x.stride, 1}, x.cols, out, add, group,
                       [&](Index column, Index count, T* to) {
                           op == Op::transposed ? unpack_transposed<T>(w, column, count, to)
                                                : unpack_plain<T>(w, column, count, to);
                       });
}

/// out_i = row id_i of w.
template <class T>
void gather_stored(Pool& pool, const Stored<space::Host>& w, List<const Id, space::Host> id,
                   View<T, space::Host> out) {
    const Unpack<T> unpack(w);
    for_each_row<T>(pool, id.size, w.cols,
                    [&](Index i, const Row<T>&) { unpack(id.data[i], 0, w.cols, out.row(i)); });
}

}  // namespace COCO_INSTRUCTION_SET
}  // namespace coco::host
