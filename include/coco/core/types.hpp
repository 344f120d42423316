// SPDX-License-Identifier: Apache-2.0
/// \file
/// Basics for all other headers: integer types, the host/device qualifier, the version.
#pragma once

#include <coco/core/instruction_set.hpp>
#include <coco/core/requirements.hpp>

#include <cstddef>
#include <cstdint>

#if defined(__FAST_MATH__) || (defined(__FINITE_MATH_ONLY__) && __FINITE_MATH_ONLY__ != 0)
#error \
    "coco: not with -ffast-math or -ffinite-math-only: NaN and infinity would go unnoticed; use -O3 -march=native"
#endif

/// Marks a function that runs on the host and, under nvcc, on the device. Expands to nothing elsewhere.
#if defined(__CUDACC__)
#define COCO_HD __host__ __device__
#else
#define COCO_HD
#endif

/// Forces inlining of the few innermost loops whose speed depends on it.
#define COCO_INLINE inline __attribute__((always_inline))

namespace coco {

/// Counts rows, columns and offsets in memory. Signed, so that differences may be negative.
using Index = std::int64_t;

/// Identifies an item, a user, a token or a row of a list. Dense from 0; -1 means "none".
using Id = std::int32_t;

/// The identifier that means "none".
inline constexpr Id no_id = -1;

inline constexpr int version_major = 0;
inline constexpr int version_minor = 1;
inline constexpr int version_patch = 0;
inline constexpr const char* version = "0.1.0";

}  // namespace coco
