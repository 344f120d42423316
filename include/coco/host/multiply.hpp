// SPDX-License-Identifier: Apache-2.0
/// \file
/// Matrix products on the host. The partition of a product depends on its shape alone. Large products are cut
/// into panels. Few rows are cut into slices of columns or, where the other factor is transposed, put side by
/// side in vectors. A long inner dimension with a small result is cut, and the partial results are added in
/// order.
#pragma once

#include <algorithm>

#include <coco/exec/primitives.hpp>
#include <coco/host/across.hpp>
#include <coco/host/for_each_row.hpp>
#include <coco/host/panels.hpp>
#include <coco/host/pool.hpp>
#include <coco/host/product.hpp>
#include <coco/host/scratch.hpp>

namespace coco::host {
inline namespace COCO_INSTRUCTION_SET {

/// Maximum number of rows for which dot products are used, without packing the other factor.
inline constexpr Index dot_products = 3;

/// op(a), read element by element.
template <class T>
Factor<T> factor(View<const T, space::Host> a, Op op_a) {
    return {a.data, op_a == Op::plain ? a.stride : 1, op_a == Op::plain ? 1 : a.stride};
}

/// out *= beta.
template <class T>
void scale(Pool& pool, View<T, space::Host> out, T beta) {
    for_each_row<T>(pool, out.rows, out.cols, [out, beta](Index i, const Row<T>& row) {
        row.each(out.cols, [&](Index j) { out.row(i)[j] *= beta; });
    });
}

/// out (+)= alpha op(a) op(b) on the calling thread.
template <class T>
void gemm(View<const T, space::Host> a, Op op_a, View<const T, space::Host> b, Op op_b,
          View<T, space::Host> out, T alpha, bool add) {
    const Index inner = op_a == Op::plain ? a.cols : a.rows;
    if (out.rows <= dot_products && op_a == Op::plain && op_b == Op::transposed) {
        // Packing b would cost more than reading it once.
        for (Index i = 0; i < out.rows; ++i)
            for (Index j = 0; j < out.cols; ++j) {
                const T* const x = a.row(i);
                const T* const y = b.row(j);
                const T sum = alpha * Row<T>{}.sum(inner, [x, y](Index k) { return x[k] * y[k]; });
                out.row(i)[j] = (add ? out.row(i)[j] : T(0)) + sum;
            }
        return;
    }
    const Factor<T> left = factor<T>(a, op_a);
    if (out.rows <= 4 * block_rows && op_b == Op::plain && out.cols % lanes<T> == 0 && alpha == T(1)) {
        product<T>(out.rows, out.cols, inner, left, b.data, b.stride, out.data, out.stride, add);
        return;
    }
    const Scratch scratch;
    T* const to = scratch.take<T>(inner * block_width<T>);
    for (Index j = 0; j < out.cols; j += block_width<T>) {
        pack_panel<T>(b, op_b, alpha, j, to);
        panel<T>(left, to, inner, out.cols_from(j, std::min(block_width<T>, out.cols - j)), add);
    }
}

/// out = alpha op(a) op(b) + beta out, on all threads.
template <class T>
void multiply(Pool& pool, View<const T, space::Host> a, Op op_a, View<const T, space::Host> b, Op op_b,
              View<T, space::Host> out, T alpha, T beta) {
    const Index inner = op_a == Op::plain ? a.cols : a.rows;
    if (out.rows == 0 || out.cols == 0) return;
    constexpr Index stripe = 240, small = 128 * 1024, thin = 4 * block_rows;
    const bool is_long = inner >= 4 * stripe && out.rows < 2 * stripe && out.cols < 2 * stripe;
    const bool add = beta != T(0);
    if (add && beta != T(1)) scale<T>(pool, out, beta);
    if (out.rows * out.cols * inner <= small) {
        gemm(a, op_a, b, op_b, out, alpha, add);
    } else if (!is_long && out.rows > dot_products && out.rows <= few_rows && op_a == Op::plain &&
               op_b == Op::transposed) {
        multiply_across<T>(pool, a, b, out, alpha, add);
    } else if (!is_long && out.rows > thin) {
        multiply_panels<T>(pool, factor<T>(a, op_a), inner, out, add, 1,
                           [&](Index column, Index, T* to) { pack_panel<T>(b, op_b, alpha, column, to); });
    } else if (!is_long) {
        const Index width = out.cols >= 2 * stripe ? stripe : std::max<Index>(16, (out.cols + 31) / 32 * 16);
        pool.run((out.cols + width - 1) / width, [&](Index s) {
            const Index first = s * width, count = std::min(width, out.cols - first);
            gemm(a, op_a, op_b == Op::plain ? b.cols_from(first, count) : b.rows_from(first, count), op_b,
                 out.cols_from(first, count), alpha, add);
        });
    } else {
        const Index depth = 2 * stripe, tasks = (inner + depth - 1) / depth, size = out.rows * out.cols;
        const Scratch scratch;
        T* const partial = scratch.take<T>(tasks * size);
        pool.run(tasks, [&](Index s) {
            const Index first = s * depth, count = std::min(depth, inner - first);
            gemm(op_a == Op::plain ? a.cols_from(first, count) : a.rows_from(first, count), op_a,
                 op_b == Op::plain ? b.rows_from(first, count) : b.cols_from(first, count), op_b,
                 View<T, space::Host>(partial + s * size, out.rows, out.cols), alpha, false);
        });
        for (Index i = 0; i < out.rows; ++i)
            for (Index j = 0; j < out.cols; ++j) {
                T sum = add ? out(i, j) : T(0);
                for (Index s = 0; s < tasks; ++s) sum += partial[s * size + i * out.cols + j];
                out(i, j) = sum;
            }
    }
}

}  // namespace COCO_INSTRUCTION_SET
}  // namespace coco::host
