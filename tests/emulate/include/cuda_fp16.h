// SPDX-License-Identifier: Apache-2.0
/// \file
/// Replaces the CUDA toolkit's header of the same name: half precision, with conversions to and from float.
/// Arithmetic is done in float after implicit conversion.
#pragma once

#include <emulate/narrow.hpp>

struct alignas(2) __half {
    std::uint16_t bits;
    __half() = default;
    // NOLINTNEXTLINE(google-explicit-constructor): as the real one.
    __half(float x) : bits(emulate::half_bits(x)) {}
    // NOLINTNEXTLINE(google-explicit-constructor)
    operator float() const { return emulate::from_half(bits); }
};
struct alignas(4) __half2 {
    __half x, y;
};
using half = __half;
using half2 = __half2;

inline __half __float2half(float x) { return x; }
inline __half __float2half_rn(float x) { return x; }
inline float __half2float(__half x) { return x; }
inline unsigned short __half_as_ushort(__half x) { return x.bits; }
inline __half __ushort_as_half(unsigned short bits) {
    __half x;
    x.bits = bits;
    return x;
}
