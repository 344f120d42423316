// SPDX-License-Identifier: Apache-2.0
/// \file
/// Emulates the short floating-point types: bfloat16, half, and the 19 bits of a float that tensor cores use
/// (TF32).
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>

namespace emulate {

/// The nearest float whose lower `bits` bits are zero; ties to even.
inline float keep_upper(float x, int bits) {
    if (!std::isfinite(x)) return x;
    const std::uint32_t word = std::bit_cast<std::uint32_t>(x), half = (1u << (bits - 1)) - 1;
    const std::uint32_t up = word + half + (word >> bits & 1u);
    return std::bit_cast<float>(up >> bits << bits);
}
inline float to_tf32(float x) { return keep_upper(x, 13); }
inline float to_bf16(float x) { return keep_upper(x, 16); }

inline std::uint16_t bf16_bits(float x) {
    // The device converts every NaN to this one.
    return std::isnan(x) ? std::uint16_t{0x7fff}
                         : static_cast<std::uint16_t>(std::bit_cast<std::uint32_t>(to_bf16(x)) >> 16);
}
inline float from_bf16(std::uint16_t bits) {
    return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16);
}

/// Half precision: 10 bits of fraction, smallest step 2^-24, largest number 65504.
inline std::uint16_t half_bits(float x) {
    const std::uint16_t sign = std::signbit(x) ? 0x8000 : 0;
    if (std::isnan(x)) return 0x7fff;
    const float size = std::fabs(x);
    if (size == 0) return sign;
    if (size >= 65520.0f) return sign | 0x7c00;
    int exponent = 0;
    std::frexp(size, &exponent);
    // size = whole * 2^step, whole < 2^11.
    const int step = std::max(exponent - 11, -24);
    const int whole = static_cast<int>(std::nearbyint(std::ldexp(size, -step)));
    // Exponent and fraction are adjacent, so rounding the fraction up to the next power of two carries
    // correctly.
    const int bits = step == -24 ? whole : ((step + 24) << 10) + whole;
    return static_cast<std::uint16_t>(sign | bits);
}
inline float from_half(std::uint16_t bits) {
    const int exponent = bits >> 10 & 31, fraction = bits & 1023;
    float size = 0;
    if (exponent == 31) {
        size = fraction ? std::nanf("") : HUGE_VALF;
    } else {
        size = exponent == 0 ? std::ldexp(static_cast<float>(fraction), -24)
                             : std::ldexp(static_cast<float>(1024 + fraction), exponent - 25);
    }
    return bits & 0x8000 ? -size : size;
}

}  // namespace emulate
