// SPDX-License-Identifier: Apache-2.0
/// \file
/// Maps from views to Eigen matrices.
#pragma once

#include <coco/statistics/eigen.hpp>
#include <coco/store/view.hpp>

namespace coco::host {
inline namespace COCO_INSTRUCTION_SET {

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

}  // namespace COCO_INSTRUCTION_SET
}  // namespace coco::host
