// SPDX-License-Identifier: Apache-2.0
/// \file
/// Few rows with a large matrix: the rows lie side by side in vectors, and the matrix is the left factor,
/// read row by row without packing. Every element is summed in the order of any other product.
#pragma once

#include <algorithm>
#include <cstddef>

#include <coco/host/packed.hpp>
#include <coco/host/pool.hpp>
#include <coco/host/product.hpp>
#include <coco/host/scratch.hpp>
#include <coco/store/view.hpp>

namespace coco::host {
inline namespace COCO_INSTRUCTION_SET {

/// Maximum number of rows for which this is faster than packing the matrix.
inline constexpr Index few_rows = 32;

/// out(i, c) (+)= sums[i] as written by sums_of(c, sums), on all threads. Each column of `out` belongs to one
/// row of the matrix, which is read once.
/// \tparam maximum  maximum number of rows of `out`; sums_of writes so many sums
template <int maximum, class SumsOf>
void by_dots(Pool& pool, View<float, space::Host> out, bool add, const SumsOf& sums_of) {
    // Columns are independent, so the chunk may depend on the number of threads.
    const Index chunk = std::max<Index>(16, out.cols / (4 * pool.threads()) + 1);
    pool.run((out.cols + chunk - 1) / chunk, [&](Index task) {
        float sums[std::size_t{maximum}];
        for (Index c = task * chunk; c < std::min(out.cols, (task + 1) * chunk); ++c) {
            sums_of(c, sums);
            for (Index i = 0; i < out.rows; ++i) {
                float& to = out.row(i)[c];
                to = (add ? to : 0.0f) + sums[i];
            }
        }
    });
}

/// Calls sums_of(first, count, sums) for slices of the columns of `out`, on all threads. It writes out' for
/// columns first .. first + count - 1, one row of `wide` elements per column.
template <class T, class SumsOf>
void turned(Pool& pool, View<T, space::Host> out, Index wide, bool add, const SumsOf& sums_of) {
    constexpr Index chunk = 48;
    pool.run((out.cols + chunk - 1) / chunk, [&](Index task) {
        const Scratch own;
        T* const sums = own.take<T>(chunk * wide);
        const Index first = task * chunk, count = std::min(chunk, out.cols - first);
        sums_of(first, count, sums);
        for (Index i = 0; i < out.rows; ++i)
            for (Index c = 0; c < count; ++c) {
                T& to = out.row(i)[first + c];
                to = (add ? to : T(0)) + sums[c * wide + i];
            }
    });
}

/// out (+)= alpha x w'.
template <class T>
void multiply_across(Pool& pool, View<const T, space::Host> x, View<const T, space::Host> w,
                     View<T, space::Host> out, T alpha, bool add) {
    const Index wide = padded<T>(x.rows), size = x.cols * wide;
    const Scratch scratch;
    T* const across = scratch.take<T>(size);
    pack_block(x.data, x.stride, x.rows, x.cols, wide, across);
    if (alpha != T(1))
        for (Index k = 0; k < size; ++k) across[k] *= alpha;
    turned<T>(pool, out, wide, add, [&](Index first, Index count, T* sums) {
        product<T>(count, wide, x.cols, {w.row(first), w.stride, 1}, across, wide, sums, wide, false);
    });
}

}  // namespace COCO_INSTRUCTION_SET
}  // namespace coco::host
