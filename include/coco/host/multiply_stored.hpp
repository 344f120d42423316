// SPDX-License-Identifier: Apache-2.0
/// \file
/// Products with stored matrices: panels are unpacked as they are needed, never the whole matrix.
#pragma once

#include <algorithm>
#include <type_traits>

#include <coco/exec/skills.hpp>
#include <coco/host/bfloat.hpp>
#include <coco/host/panels.hpp>
#include <coco/host/pool.hpp>
#include <coco/host/rows.hpp>
#include <coco/host/unpack.hpp>
#include <coco/store/stored.hpp>

namespace coco::host {

/// out (+)= x w' for few rows of x: each row of w is unpacked once, in the nearest cache, and multiplied
/// with all of them.
template <class T>
void multiply_few(Pool& pool, View<const T, space::Host> x, const Stored<space::Host>& w,
                  View<T, space::Host> out, bool add) {
    constexpr Index chunk = 32, piece = Unpack<T>::piece;
    const Unpack<T> unpack(w);
    pool.run((w.rows + chunk - 1) / chunk, [&](Index task) {
        T values[piece];
        for (Index c = task * chunk; c < std::min(w.rows, (task + 1) * chunk); ++c)
            for (Index k = 0; k < w.cols; k += piece) {
                const Index depth = std::min(piece, w.cols - k);
                unpack(c, k, depth, values);
                for (Index i = 0; i < x.rows; ++i) {
                    const T* const from = x.row(i) + k;
                    T& to = out.row(i)[c];
                    const T sum = Row<T>{}.sum(depth, [&](Index j) { return from[j] * values[j]; });
                    to = (add || k > 0 ? to : T(0)) + sum;
                }
            }
    });
}

/// out (= or +=) x w' (transposed) or x w (plain).
template <class T>
void multiply_stored(Pool& pool, View<const T, space::Host> x, const Stored<space::Host>& w, Op op,
                     View<T, space::Host> out, Write write, Precision precision) {
    constexpr Index few = 6;
    const bool add = write == Write::add;
    if (out.rows == 0 || out.cols == 0) return;
    if (out.rows <= few && op == Op::transposed) return multiply_few<T>(pool, x, w, out, add);
    if constexpr (std::is_same_v<T, float>)
        if (precision == Precision::bfloat16 && w.type == GgmlType::BF16 && bfloat::available())
            return bfloat::multiply(pool, x, w, op, out, add);
    // Columns of w come in whole blocks.
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
    rows<T>(pool, id.size, w.cols,
            [&](Index i, const Row<T>&) { unpack(id.data[i], 0, w.cols, out.row(i)); });
}

}  // namespace coco::host
