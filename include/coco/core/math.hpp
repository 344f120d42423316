// SPDX-License-Identifier: Apache-2.0
/// \file
/// Elementary functions that a compiler can vectorise and that give the same value inside any loop. Float:
/// short polynomials, accurate to a few units in the last place. Double: the C library.
#pragma once

#include <cmath>
#include <cstdint>

#include <coco/core/types.hpp>

namespace coco::math {

/// e^x. Float: relative error under 1e-7 from -87.3 to 88.3; above it stays at 2.3e38, below -87.7 it is 0.
COCO_HD COCO_INLINE float exp(float x) {
    const float low = -87.7f, high = 88.3f, shift = 12582912.0f;  // 1.5 * 2^23: its last bits hold round(t)
    const float t = x * 1.44269504088896341f + shift;
    const float n = t - shift;
    const float r = (x - n * 0.693145751953125f) - n * 1.42860682030941723e-6f;
    float p = 1.3814455596730113e-3f;  // minimax on |r| <= log(2)/2: 3e-9
    p = p * r + 8.368785493075848e-3f;
    p = p * r + 4.1668396443128586e-2f;
    p = p * r + 0.1666651964187622f;
    p = p * r + 0.4999999403953552f;
    p = p * r + 1.0f;
    p = p * r + 1.0f;
    const std::uint32_t exponent = __builtin_bit_cast(std::uint32_t, t) - (0x4B400000u - 127u);
    const std::uint32_t power =
        __builtin_bit_cast(std::uint32_t, p * __builtin_bit_cast(float, exponent << 23));
    // The bounds are bit masks: g++ compiles `x < low ? ...` to branches, and these to a mask on every
    // instruction.
    const std::uint32_t below = 0u - static_cast<std::uint32_t>(x < low);
    const std::uint32_t above = 0u - static_cast<std::uint32_t>(x > high);
    return __builtin_bit_cast(float, (power & ~(below | above)) | (above & 0x7F2E0000u));
}
COCO_HD COCO_INLINE double exp(double x) { return std::exp(x); }

/// Natural logarithm; not meant for inner loops.
COCO_HD COCO_INLINE float log(float x) { return std::log(x); }
COCO_HD COCO_INLINE double log(double x) { return std::log(x); }

/// log(1 + x) for 0 <= x <= 1. Float: 2 artanh(x / (2 + x)) as a series whose remainder is below 1e-8, for
/// inner loops.
COCO_HD COCO_INLINE float log1p(float x) {
    const float u = x / (2.0f + x), v = u * u;
    float p = 1.0f / 13;
    p = p * v + 1.0f / 11;
    p = p * v + 1.0f / 9;
    p = p * v + 1.0f / 7;
    p = p * v + 1.0f / 5;
    p = p * v + 1.0f / 3;
    p = p * v + 1.0f;
    return 2.0f * u * p;
}
COCO_HD COCO_INLINE double log1p(double x) { return std::log1p(x); }

COCO_HD COCO_INLINE float sqrt(float x) { return std::sqrt(x); }
COCO_HD COCO_INLINE double sqrt(double x) { return std::sqrt(x); }

/// 1 / (1 + e^-x).
template <class T>
COCO_HD COCO_INLINE T sigmoid(T x) {
    return T(1) / (T(1) + exp(-x));
}

/// log(1 + e^x) without overflow.
template <class T>
COCO_HD COCO_INLINE T softplus(T x) {
    return (x > 0 ? x : T(0)) + std::log1p(exp(x > 0 ? -x : x));
}

/// Hyperbolic tangent; absolute error under 2e-7 in float.
COCO_HD COCO_INLINE float tanh(float x) { return 1.0f - 2.0f / (exp(2.0f * x) + 1.0f); }
COCO_HD COCO_INLINE double tanh(double x) { return std::tanh(x); }

/// Standard normal distribution function and e^(-x^2/2), which GELU and its derivative both need.
template <class T>
struct Normal {
    T cdf, bell;
};
/// Float: Abramowitz and Stegun 7.1.26, absolute error under 3e-7 (1.5e-7 from the polynomial, the rest from
/// rounding). The tail is computed, so that small values of the distribution function keep a relative
/// accuracy of 5e-4 down to x = -4.
COCO_HD COCO_INLINE Normal<float> normal(float x) {
    const float a = (x < 0 ? -x : x) * 0.70710678118654752f;
    const float bell = exp(-a * a);
    const float t = 1.0f / (1.0f + 0.3275911f * a);
    const float poly =
        t *
        (0.254829592f + t * (-0.284496736f + t * (1.421413741f + t * (-1.453152027f + t * 1.061405429f))));
    const float tail = 0.5f * poly * bell;
    return {x < 0 ? tail : 1.0f - tail, bell};
}
COCO_HD COCO_INLINE Normal<double> normal(double x) {
    return {0.5 * std::erfc(-x * 0.70710678118654752440), std::exp(-0.5 * x * x)};
}

}  // namespace coco::math
