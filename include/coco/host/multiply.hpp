// SPDX-License-Identifier: Apache-2.0
/// \file
/// Matrix products on the host. One product is cut into stripes of fixed size, each done by one thread with
/// Eigen or, where COCO_WITH_ONEDNN is defined, oneDNN's sgemm; a long inner dimension with a small result
/// is cut along the inner dimension and its partial results are added in order.
#pragma once

#include <algorithm>
#include <type_traits>

#include <coco/core/error.hpp>
#include <coco/exec/skills.hpp>
#include <coco/host/eigen.hpp>
#include <coco/host/pool.hpp>
#include <coco/host/scratch.hpp>

#if defined(COCO_WITH_ONEDNN)
#include <dnnl.h>
#include <omp.h>
#endif

namespace coco::host {

/// out = alpha op(a) op(b) + beta out on the calling thread.
template <class T>
void gemm(View<const T, space::Host> a, Op op_a, View<const T, space::Host> b, Op op_b, View<T, space::Host> out,
          T alpha, T beta) {
#if defined(COCO_WITH_ONEDNN)
    if constexpr (std::is_same_v<T, float>) {
        const Index inner = op_a == Op::plain ? a.cols : a.rows;
        // Our pool has dealt the work out already: oneDNN's own team would only stand in its way.
        const int team = omp_get_max_threads();
        if (team != 1) omp_set_num_threads(1);
        const dnnl_status_t status =
            dnnl_sgemm(op_a == Op::plain ? 'N' : 'T', op_b == Op::plain ? 'N' : 'T', out.rows, out.cols, inner, alpha,
                       a.data, a.stride, b.data, b.stride, beta, out.data, out.stride);
        if (team != 1) omp_set_num_threads(team);
        if (status != dnnl_success) throw Error("multiply", "oneDNN refused a product", "", text_of("status ", status));
        return;
    }
#endif
    const auto A = map(a);
    const auto B = map(b);
    auto C = map(out);
    if (beta == T(0))
        C.setZero();
    else if (beta != T(1))
        C *= beta;
    if (op_a == Op::plain && op_b == Op::plain)
        C.noalias() += alpha * A * B;
    else if (op_a == Op::plain)
        C.noalias() += alpha * A * B.transpose();
    else if (op_b == Op::plain)
        C.noalias() += alpha * A.transpose() * B;
    else
        C.noalias() += alpha * A.transpose() * B.transpose();
}

/// As `gemm`, by all threads.
template <class T>
void multiply(Pool& pool, View<const T, space::Host> a, Op op_a, View<const T, space::Host> b,
              Op op_b, View<T, space::Host> out, T alpha, T beta) {
    const Index inner = op_a == Op::plain ? a.cols : a.rows;
    const auto rows_of_a = [&](Index first, Index count) {
        return op_a == Op::plain ? a.rows_from(first, count) : a.cols_from(first, count);
    };
    const auto columns_of_b = [&](Index first, Index count) {
        return op_b == Op::plain ? b.cols_from(first, count) : b.rows_from(first, count);
    };
    if (out.rows == 0 || out.cols == 0) return;
    constexpr Index stripe = 256, small = 128 * 1024;
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
