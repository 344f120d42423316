// SPDX-License-Identifier: Apache-2.0
/// \file
/// Matrix products on the host. One product is cut into stripes of fixed size, each done by one thread: by
/// `product` over packed blocks or, where COCO_WITH_ONEDNN is defined, by oneDNN's sgemm; a long inner
/// dimension with a small result is cut along the inner dimension and its partial results are added in order.
#pragma once

#include <algorithm>
#include <type_traits>

#include <coco/core/error.hpp>
#include <coco/exec/skills.hpp>
#include <coco/host/packed.hpp>
#include <coco/host/pool.hpp>
#include <coco/host/product.hpp>
#include <coco/host/rows.hpp>
#include <coco/host/scratch.hpp>

#if defined(COCO_WITH_ONEDNN)
#include <dnnl.h>
#include <omp.h>
#endif

namespace coco::host {

/// alpha op(b) in blocks that `product` reads, depth x cols.
template <class T>
Packed<T> pack_right(const Scratch& scratch, View<const T, space::Host> b, Op op_b, T alpha) {
    const Index cols = op_b == Op::plain ? b.cols : b.rows, depth = op_b == Op::plain ? b.rows : b.cols;
    const Index size = Packed<T>::size(cols, depth);
    T* const to = scratch.take<T>(size);
    for (Index j = 0; j < cols; j += block_width<T>) {
        const Index count = std::min(block_width<T>, cols - j);
        T* const block = to + j * depth;
        if (op_b == Op::plain)
            for (Index k = 0; k < depth; ++k)
                widen(b.row(k) + j, count, block_width<T>, alpha, block + k * block_width<T>);
        else
            pack_block(b.row(j), b.stride, count, depth, block_width<T>, block);
    }
    if (op_b == Op::transposed && alpha != T(1))
        for (Index i = 0; i < size; ++i) to[i] *= alpha;
    return {to, cols, depth};
}

/// out (+)= a b on the calling thread, in pieces whose part of b stays in the nearest cache.
template <class T>
void gemm_packed(Factor<T> a, const Packed<T>& b, View<T, space::Host> out, bool add) {
    constexpr Index depth = 128, height = 8 * block_rows;
    const Index whole = out.cols / lanes<T> * lanes<T>, rest = out.cols - whole;
    T edge[height * lanes<T>];
    for (Index k = 0; k == 0 || k < b.depth; k += depth) {
        const Index steps = std::min(depth, b.depth - k);
        const bool more = add || k > 0;
        for (Index i = 0; i < out.rows; i += height) {
            const Index rows = std::min(height, out.rows - i);
            const Factor<T> part{a.data + i * a.row + k * a.step, a.row, a.step};
            const auto from = [&](Index j) {
                return b.block(j / block_width<T>) + k * block_width<T> + j % block_width<T>;
            };
            for (Index j = 0; j < whole; j += block_width<T>)
                product<T>(rows, std::min(block_width<T>, whole - j), steps, part, from(j), block_width<T>,
                           out.row(i) + j, out.stride, more);
            if (rest == 0) continue;
            product<T>(rows, lanes<T>, steps, part, from(whole), block_width<T>, edge, lanes<T>, false);
            for (Index r = 0; r < rows; ++r)
                for (Index j = 0; j < rest; ++j) {
                    T& to = out.row(i + r)[whole + j];
                    to = (more ? to : T(0)) + edge[r * lanes<T> + j];
                }
        }
    }
}

/// out = alpha op(a) op(b) + beta out on the calling thread.
template <class T>
void gemm(View<const T, space::Host> a, Op op_a, View<const T, space::Host> b, Op op_b,
          View<T, space::Host> out, T alpha, T beta) {
    const Index inner = op_a == Op::plain ? a.cols : a.rows;
#if defined(COCO_WITH_ONEDNN)
    if constexpr (std::is_same_v<T, float>) {
        // Our pool has dealt the work out already: oneDNN's own team would only stand in its way.
        const int team = omp_get_max_threads();
        if (team != 1) omp_set_num_threads(1);
        const dnnl_status_t status =
            dnnl_sgemm(op_a == Op::plain ? 'N' : 'T', op_b == Op::plain ? 'N' : 'T', out.rows, out.cols,
                       inner, alpha, a.data, a.stride, b.data, b.stride, beta, out.data, out.stride);
        if (team != 1) omp_set_num_threads(team);
        if (status != dnnl_success)
            throw Error("multiply", "oneDNN refused a product", "", text_of("status ", status));
        return;
    }
#endif
    if (beta != T(0) && beta != T(1))
        for (Index i = 0; i < out.rows; ++i) Row<T>{}.each(out.cols, [&](Index j) { out.row(i)[j] *= beta; });
    const bool add = beta != T(0);
    constexpr Index few = 3;
    if (out.rows <= few && op_a == Op::plain && op_b == Op::transposed) {
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
    const Factor<T> left{a.data, op_a == Op::plain ? a.stride : 1, op_a == Op::plain ? 1 : a.stride};
    if (out.rows <= 4 * block_rows && op_b == Op::plain && out.cols % lanes<T> == 0 && alpha == T(1)) {
        product<T>(out.rows, out.cols, inner, left, b.data, b.stride, out.data, out.stride, add);
        return;
    }
    const Scratch scratch;
    gemm_packed<T>(left, pack_right<T>(scratch, b, op_b, alpha), out, add);
}

/// As `gemm`, by all threads.
template <class T>
void multiply(Pool& pool, View<const T, space::Host> a, Op op_a, View<const T, space::Host> b, Op op_b,
              View<T, space::Host> out, T alpha, T beta) {
    const Index inner = op_a == Op::plain ? a.cols : a.rows;
    const auto rows_of_a = [&](Index first, Index count) {
        return op_a == Op::plain ? a.rows_from(first, count) : a.cols_from(first, count);
    };
    const auto columns_of_b = [&](Index first, Index count) {
        return op_b == Op::plain ? b.cols_from(first, count) : b.rows_from(first, count);
    };
    if (out.rows == 0 || out.cols == 0) return;
    constexpr Index stripe = 240, small = 128 * 1024;
    if (out.rows * out.cols * inner <= small) {
        gemm(a, op_a, b, op_b, out, alpha, beta);
    } else if (out.rows >= 2 * stripe || (out.rows >= out.cols && inner < 4 * stripe)) {
        const Index height = out.rows >= 2 * stripe ? stripe : std::max<Index>(16, (out.rows + 31) / 32 * 16);
        pool.run((out.rows + height - 1) / height, [&](Index s) {
            const Index first = s * height, count = std::min(height, out.rows - first);
            gemm(rows_of_a(first, count), op_a, b, op_b, out.rows_from(first, count), alpha, beta);
        });
    } else if (out.cols >= 2 * stripe || inner < 4 * stripe) {
        const Index width = out.cols >= 2 * stripe ? stripe : std::max<Index>(16, (out.cols + 31) / 32 * 16);
        pool.run((out.cols + width - 1) / width, [&](Index s) {
            const Index first = s * width, count = std::min(width, out.cols - first);
            gemm(a, op_a, columns_of_b(first, count), op_b, out.cols_from(first, count), alpha, beta);
        });
    } else {
        const Index depth = 2 * stripe, tasks = (inner + depth - 1) / depth, size = out.rows * out.cols;
        const Scratch scratch;
        T* const partial = scratch.take<T>(tasks * size);
        pool.run(tasks, [&](Index s) {
            const Index first = s * depth, count = std::min(depth, inner - first);
            gemm(op_a == Op::plain ? a.cols_from(first, count) : a.rows_from(first, count), op_a,
                 op_b == Op::plain ? b.rows_from(first, count) : b.cols_from(first, count), op_b,
                 View<T, space::Host>(partial + s * size, out.rows, out.cols), alpha, T(0));
        });
        for (Index i = 0; i < out.rows; ++i)
            for (Index j = 0; j < out.cols; ++j) {
                T sum = beta == T(0) ? T(0) : beta * out(i, j);
                for (Index s = 0; s < tasks; ++s) sum += partial[s * size + i * out.cols + j];
                out(i, j) = sum;
            }
    }
}

}  // namespace coco::host
