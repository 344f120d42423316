// SPDX-License-Identifier: Apache-2.0
/// \file
/// In what arithmetic products of floats are computed. Part of a policy's type, so that no program mixes
/// two by accident. Products of doubles know one way only.
#pragma once

#include <cublas_v2.h>

#include <cstdint>

#include <coco/core/types.hpp>

namespace coco {

namespace math_mode {
/// In floats.
struct Exact {};
/// By tensor cores: factors rounded to 10 bits of mantissa, sums in float.
struct TensorFloat32 {};
/// By tensor cores, twice as fast: factors rounded to bfloat16, sums in float.
struct BFloat16 {};
}  // namespace math_mode

namespace cuda {

/// A bfloat16 as it lies in memory.
struct Bfloat {
    std::uint16_t bits;
};

/// What cuBLAS calls a type.
template <class T>
inline constexpr cudaDataType_t data_type = CUDA_R_32F;
template <>
inline constexpr cudaDataType_t data_type<double> = CUDA_R_64F;
template <>
inline constexpr cudaDataType_t data_type<Bfloat> = CUDA_R_16BF;

/// What cuBLAS calls a product's arithmetic.
/// \tparam In  of the factors
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
