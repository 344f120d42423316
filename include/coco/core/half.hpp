// SPDX-License-Identifier: Apache-2.0
/// \file
/// 16-bit floating-point formats of files and storages: IEEE half precision and bfloat16.
#pragma once

#include <cstdint>

#include <coco/core/types.hpp>

namespace coco {

/// IEEE half precision to float; exact, preserves subnormals, infinities and NaN.
COCO_HD inline float half_to_float(std::uint16_t half) {
    const std::uint32_t sign = (half & 0x8000u) << 16, rest = half & 0x7fffu;
    if (rest >= 0x7c00u) return __builtin_bit_cast(float, sign | 0x7f800000u | ((rest & 0x3ffu) << 13));
    // A half subnormal is a multiple of 2^-24. Float subnormals are avoided, because some programs flush them
    // to zero.
    const float magnitude = rest < 0x400u ? static_cast<float>(rest) * 0x1.0p-24f
                                          : __builtin_bit_cast(float, (rest << 13) + (112u << 23));
    return __builtin_bit_cast(float, __builtin_bit_cast(std::uint32_t, magnitude) | sign);
}

/// bfloat16 to float: a bfloat16 is the upper half of the float.
COCO_HD inline float bfloat_to_float(std::uint16_t upper) {
    return __builtin_bit_cast(float, static_cast<std::uint32_t>(upper) << 16);
}

/// The bfloat16 nearest to a float, ties to even; NaN stays NaN.
COCO_HD inline std::uint16_t float_to_bfloat(float value) {
    const std::uint32_t bits = __builtin_bit_cast(std::uint32_t, value);
    if ((bits & 0x7fffffffu) > 0x7f800000u) return static_cast<std::uint16_t>(bits >> 16 | 0x40u);
    return static_cast<std::uint16_t>((bits + 0x7fffu + (bits >> 16 & 1u)) >> 16);
}

}  // namespace coco
