// SPDX-License-Identifier: Apache-2.0
/// \file
/// The arithmetic of products of floats. Part of a policy's type, so that no program mixes two modes by
/// accident. Products of doubles have one mode only.
#pragma once

#include <cublas_v2.h>

#include <cstdint>

#include <coco/core/types.hpp>

namespace coco {

namespace math_mode {
/// In float.
struct Exact {};
/// On tensor cores: factors rounded to 10 bits of mantissa, sums in float.
struct TensorFloat32 {};
/// On tensor cores, twice as fast: factors rounded to bfloat16, sums in float.
struct BFloat16 {};
}  // namespace math_mode

namespace cuda {

/// A bfloat16 as stored in memory.
struct Bfloat {
    std::uint16_t bits;
};

/// The cuBLAS data type of a scalar type.
template <class T>
inline constexpr cudaDataType_t data_type = CUDA_R_32F;
template <>
inline constexpr cudaDataType_t data_type<double> = CUDA_R_64F;
template <>
inline constexpr cudaDataType_t data_type<Bfloat> = CUDA_R_16BF;

/// The cuBLAS compute type of a product.
/// \tparam In  type of the factors
template <class In, class Math>
inline constexpr cublasComputeType_t compute_type = CUBLAS_COMPUTE_32F;
template <class Math>
inline constexpr cublasComputeType_t compute_type<double, Math> = CUBLAS_COMPUTE_64F;
template <>
inline constexpr cublasComputeType_t compute_type<float, math_mode::TensorFloat32> =
    CUBLAS_COMPUTE_32F_FAST_TF32;
template <>
inline constexpr cublasComputeType_t compute_type<float, math_mode::BFloat16> = CUBLAS_COMPUTE_32F_FAST_16BF;

}  // namespace cuda

}  // namespace coco
