// SPDX-License-Identifier: Apache-2.0
/// \file
/// Replaces the CUDA toolkit's header of the same name: bfloat16, with conversions to and from float.
/// Arithmetic is done in float after implicit conversion.
#pragma once

#include <emulate/narrow.hpp>

struct alignas(2) __nv_bfloat16 {
    std::uint16_t bits;
    __nv_bfloat16() = default;
    // NOLINTNEXTLINE(google-explicit-constructor): as the real one.
    __nv_bfloat16(float x) : bits(emulate::bf16_bits(x)) {}
    // NOLINTNEXTLINE(google-explicit-constructor)
    operator float() const { return emulate::from_bf16(bits); }
};
struct alignas(4) __nv_bfloat162 {
    __nv_bfloat16 x, y;
};
using nv_bfloat16 = __nv_bfloat16;
using nv_bfloat162 = __nv_bfloat162;

inline __nv_bfloat16 __float2bfloat16(float x) { return x; }
inline __nv_bfloat16 __float2bfloat16_rn(float x) { return x; }
inline float __bfloat162float(__nv_bfloat16 x) { return x; }
inline unsigned short __bfloat16_as_ushort(__nv_bfloat16 x) { return x.bits; }
inline __nv_bfloat16 __ushort_as_bfloat16(unsigned short bits) {
    __nv_bfloat16 x;
    x.bits = bits;
    return x;
}
