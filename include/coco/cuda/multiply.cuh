// SPDX-License-Identifier: Apache-2.0
/// \file
/// Matrix products by cuBLAS. Views are row-major and cuBLAS is column-major, which is the same memory read
/// transposed: it computes out' = op(b)' op(a)'.
#pragma once

#include <cublas_v2.h>

#include <algorithm>
#include <limits>

#include <coco/cuda/device.cuh>
#include <coco/cuda/for_each_row.cuh>
#include <coco/cuda/math_mode.cuh>
#include <coco/exec/primitives.hpp>
#include <coco/store/view.hpp>

namespace coco::cuda {

/// out_i *= factor; a factor of 0 sets zeros, whatever `out` holds.
template <class T>
struct TimesRows {
    T* out;
    Index stride, cols;
    T factor;

    template <class Row>
    COCO_HD void operator()(Index i, const Row& row) const {
        T* const to = out + i * stride;
        if (factor == T(0))
            row.each(cols, [&](Index j) { to[j] = T(0); });
        else
            row.each(cols, [&](Index j) { to[j] *= factor; });
    }
};

/// A size as an argument of cuBLAS.
inline int blas_size(Index size) {
    if (size > std::numeric_limits<int>::max())
        throw Error("multiply", "a matrix is too large for one product: use smaller batches",
                    text_of("at most ", std::numeric_limits<int>::max(), " rows and columns"), text_of(size));
    return static_cast<int>(size);
}
/// Row stride of a matrix in elements: at least its columns, even where there is no next row.
template <class T>
int blas_stride(View<T, space::Device> x) {
    return blas_size(std::max<Index>({x.stride, x.cols, 1}));
}

/// out = alpha op(a) op(b) + beta out, for factors of any type that cuBLAS supports. With beta = 0, out is
/// not read.
template <class In, class Out, class Math>
void gemm(Device& device, View<const In, space::Device> a, Op op_a, View<const In, space::Device> b, Op op_b,
          View<Out, space::Device> out, Out alpha, Out beta) {
    const Index inner = op_a == Op::plain ? a.cols : a.rows;
    if (out.rows == 0 || out.cols == 0) return;
    if (inner == 0) {
        if (beta != Out(1))
            for_each_row<Out>(device, out.rows, 2 * out.cols,
                              TimesRows<Out>{out.data, out.stride, out.cols, beta});
        return;
    }
    const auto op = [](Op o) { return o == Op::plain ? CUBLAS_OP_N : CUBLAS_OP_T; };
    check(cublasGemmEx(device.blas(), op(op_b), op(op_a), blas_size(out.cols), blas_size(out.rows),
                       blas_size(inner), &alpha, b.data, data_type<In>, blas_stride(b), a.data, data_type<In>,
                       blas_stride(a), &beta, out.data, data_type<Out>, blas_stride(out),
                       compute_type<In, Math>, CUBLAS_GEMM_DEFAULT),
          "multiply matrices");
}

/// out = alpha op(a) op(b) + beta out.
template <class T, class Math>
void multiply(Device& device, View<const T, space::Device> a, Op op_a, View<const T, space::Device> b,
              Op op_b, View<T, space::Device> out, T alpha, T beta) {
    gemm<T, T, Math>(device, a, op_a, b, op_b, out, alpha, beta);
}

}  // namespace coco::cuda
