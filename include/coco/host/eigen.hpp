// SPDX-License-Identifier: Apache-2.0
/// \file
/// The only header that includes Eigen, and the maps from views to Eigen matrices.
#pragma once

// Eigen's device code is slow to compile, and device code here does not use Eigen.
#if defined(__CUDACC__) && !defined(EIGEN_NO_CUDA)
#if defined(EIGEN_CORE_H)
#error \
    "coco: in a CUDA source include CoCo's headers before Eigen's, or define EIGEN_NO_CUDA, or keep host code in a .cpp"
#endif
#define EIGEN_NO_CUDA
#endif

// g++ 12 warns about the undefined operand in its own AVX-512 intrinsics.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC diagnostic ignored "-Wuninitialized"
#endif
#include <Eigen/Core>
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif

#include <coco/store/view.hpp>

namespace coco::host {

template <class T>
using Matrix = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using Stride = Eigen::OuterStride<>;

/// A view as an Eigen matrix, without a copy.
template <class T>
Eigen::Map<Matrix<T>, 0, Stride> map(View<T, space::Host> v) {
    return {v.data, v.rows, v.cols, Stride(v.stride)};
}
template <class T>
Eigen::Map<const Matrix<T>, 0, Stride> map(View<const T, space::Host> v) {
    return {v.data, v.rows, v.cols, Stride(v.stride)};
}

}  // namespace coco::host
