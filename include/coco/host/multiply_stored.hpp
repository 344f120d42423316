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

/// Rows of x that are multiplied without packing w.
inline constexpr Index few_rows = 6;

/// out (+)= x w' for few rows of x: each row of w is unpacked once, in the nearest cache, and multiplied
/// with all of them.
template <class T>
void multiply_few(Pool& pool, View<const T, space::Host> x, const Stored<space::Host>& w,
                  View<T, space::Host> out, bool add) {
    typedef T Vector __attribute__((vector_size(vector_bytes)));
    typedef T Loose __attribute__((vector_size(vector_bytes), aligned(sizeof(T)), may_alias));
    constexpr Index chunk = 32, piece = Unpack<T>::piece;
    const Unpack<T> unpack(w);
    pool.run((w.rows + chunk - 1) / chunk, [&](Index task) {
        alignas(vector_bytes) T values[piece];
        for (Index c = task * chunk; c < std::min(w.rows, (task + 1) * chunk); ++c) {
            Vector sum[few_rows] = {};
            T rest[few_rows] = {};
            for (Index k = 0; k < w.cols; k += piece) {
                const Index depth = std::min(piece, w.cols - k), whole = depth / lanes<T> * lanes<T>;
                unpack(c, k, depth, values);
                for (Index i = 0; i < x.rows; ++i) {
                    const T* const from = x.row(i) + k;
                    for (Index j = 0; j < whole; j += lanes<T>)
                        sum[i] += *reinterpret_cast<const Loose*>(from + j) *
                                  *reinterpret_cast<const Vector*>(values + j);
                    for (Index j = whole; j < depth; ++j) rest[i] += from[j] * values[j];
                }
            }
            for (Index i = 0; i < x.rows; ++i) {
                T all = rest[i];
                for (Index j = 0; j < lanes<T>; ++j) all += sum[i][j];
                T& to = out.row(i)[c];
                to = (add ? to : T(0)) + all;
            }
        }
    });
}

/// out (= or +=) x w' (transposed) or x w (plain).
template <class T>
void multiply_stored(Pool& pool, View<const T, space::Host> x, const Stored<space::Host>& w, Op op,
                     View<T, space::Host> out, Write write, Precision precision) {
    const bool add = write == Write::add;
    if (out.rows == 0 || out.cols == 0) return;
    if (out.rows <= few_rows && op == Op::transposed) return multiply_few<T>(pool, x, w, out, add);
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
