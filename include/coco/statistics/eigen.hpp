// SPDX-License-Identifier: Apache-2.0
/// \file
/// Eigen, as every header of the library includes it.
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
#if !__has_include(<Eigen/Core>)
#error \
    "coco: Eigen is not found: link coco::coco, or add its folder to the include path (Debian: -I/usr/include/eigen3)"
#endif
#include <Eigen/Core>
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif
