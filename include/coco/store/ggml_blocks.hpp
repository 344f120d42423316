// SPDX-License-Identifier: Apache-2.0
/// \file
/// How each block type of GGUF packs its values. Source of the formats: ggml `ggml-quants.c`; pairs of
/// nibbles are split halves of a block, minima of K-blocks are subtracted.
#pragma once

#include <cstdint>
#include <cstring>

#include <coco/core/half.hpp>
#include <coco/store/ggml_type.hpp>

namespace coco {

namespace ggml {

inline std::uint16_t u16(const std::uint8_t* at) { return static_cast<std::uint16_t>(at[0] | at[1] << 8); }
inline float half(const std::uint8_t* at) { return half_to_float(u16(at)); }
inline float times(float scale, int quantum) { return scale * static_cast<float>(quantum); }

inline void f32(const std::uint8_t* in, float* out) { std::memcpy(out, in, sizeof(float)); }
inline void f16(const std::uint8_t* in, float* out) { *out = half(in); }
inline void bf16(const std::uint8_t* in, float* out) { *out = bfloat_to_float(u16(in)); }

/// Blocks of 32 with 4 or 5 bits a value: scale, minimum if `minimum`, fifth bits if `five`, nibbles.
template <bool minimum, bool five>
void small(const std::uint8_t* in, float* out) {
    const float scale = half(in);
    const float least = minimum ? half(in + 2) : 0.0f;
    const std::uint8_t* fifth = in + (minimum ? 4 : 2);
    std::uint32_t high = 0;
    if (five) std::memcpy(&high, fifth, sizeof(high));
    const std::uint8_t* nibbles = fifth + (five ? 4 : 0);
    constexpr int middle = minimum ? 0 : (five ? 16 : 8);
    for (int j = 0; j < 16; ++j) {
        const int lower = (nibbles[j] & 15) | static_cast<int>((high >> j & 1u) << 4);
        const int upper = (nibbles[j] >> 4) | static_cast<int>((high >> (j + 16) & 1u) << 4);
        out[j] = times(scale, lower - middle) + least;
        out[j + 16] = times(scale, upper - middle) + least;
    }
}

inline void q8_0(const std::uint8_t* in, float* out) {
    const float scale = half(in);
    for (int j = 0; j < 32; ++j) out[j] = times(scale, static_cast<std::int8_t>(in[2 + j]));
}

/// Blocks of 256 in eight parts with a 6-bit scale and minimum each, 4 or 5 bits a value.
template <bool five>
void k_min(const std::uint8_t* in, float* out) {
    const float scale = half(in), least = half(in + 2);
    const std::uint8_t* packed = in + 4;
    const std::uint8_t* fifth = in + 16;
    const std::uint8_t* nibbles = fifth + (five ? 32 : 0);
    for (int part = 0; part < 8; ++part) {
        const bool first = part < 4;
        const int s = first ? packed[part] & 63 : (packed[part + 4] & 15) | (packed[part - 4] >> 6) << 4;
        const int m = first ? packed[part + 4] & 63 : packed[part + 4] >> 4 | (packed[part] >> 6) << 4;
        const float d = times(scale, s), low = times(least, m);
        for (int l = 0; l < 32; ++l) {
            const int nibble = nibbles[part / 2 * 32 + l] >> (part % 2 * 4) & 15;
            const int bit = five ? (fifth[l] >> part & 1) << 4 : 0;
            out[part * 32 + l] = times(d, nibble | bit) - low;
        }
    }
}

inline void q6_k(const std::uint8_t* in, float* out) {
    const float scale = half(in + 208);
    for (int n = 0; n < 2; ++n) {
        const std::uint8_t* lower = in + 64 * n;
        const std::uint8_t* upper = in + 128 + 32 * n;
        const std::uint8_t* scales = in + 192 + 8 * n;
        for (int quarter = 0; quarter < 4; ++quarter) {
            for (int l = 0; l < 32; ++l) {
                const int nibble = lower[quarter % 2 * 32 + l] >> (quarter / 2 * 4) & 15;
                const int value = (nibble | (upper[l] >> (2 * quarter) & 3) << 4) - 32;
                const float d = times(scale, static_cast<std::int8_t>(scales[2 * quarter + l / 16]));
                out[128 * n + 32 * quarter + l] = times(d, value);
            }
        }
    }
}

/// Six-bit scales of Q3_K, 16 of them in 12 bytes: low four bits in nibbles, high two bits four to a byte.
inline int q3_scale(const std::uint8_t* packed, int k) {
    return (packed[k % 8] >> (k / 8 * 4) & 15) | (packed[8 + k % 4] >> (k / 4 * 2) & 3) << 4;
}

/// Blocks of 256 of two bits a value: in each half, four quarters of 32 lie in the four bit pairs of the same
/// 32 bytes. Sixteen parts have a 4-bit scale and minimum each.
inline void q2_k(const std::uint8_t* in, float* out) {
    const float scale = half(in + 80), least = half(in + 82);
    for (int part = 0; part < 16; ++part) {
        const float d = times(scale, in[part] & 15), low = times(least, in[part] >> 4);
        const std::uint8_t* pairs = in + 16 + part / 8 * 32 + part % 2 * 16;
        for (int l = 0; l < 16; ++l) out[part * 16 + l] = times(d, pairs[l] >> (part % 8 / 2 * 2) & 3) - low;
    }
}

/// The same order with a third bit apart (clear: 4 less) and signed six-bit scales.
inline void q3_k(const std::uint8_t* in, float* out) {
    const float scale = half(in + 108);
    for (int part = 0; part < 16; ++part) {
        const float d = times(scale, q3_scale(in + 96, part) - 32);
        const std::uint8_t* pairs = in + 32 + part / 8 * 32 + part % 2 * 16;
        const std::uint8_t* third = in + part % 2 * 16;
        for (int l = 0; l < 16; ++l) {
            const int low = pairs[l] >> (part % 8 / 2 * 2) & 3;
            out[part * 16 + l] = times(d, low - (third[l] >> (part / 2) & 1 ? 0 : 4));
        }
    }
}

/// Decodes a run of blocks, one after the other.
using Decode = void (*)(const std::uint8_t* in, Index blocks, float* out);

template <GgmlType type, void (*one)(const std::uint8_t*, float*)>
void run(const std::uint8_t* in, Index blocks, float* out) {
    constexpr GgmlLayout layout = *layout_of(type);
    for (Index b = 0; b < blocks; ++b) one(in + b * layout.bytes, out + b * layout.values);
}

/// How blocks of a type are decoded, or null for a type that is not.
inline Decode decode_of(GgmlType type) {
    switch (type) {
        case GgmlType::F32:
            return run<GgmlType::F32, f32>;
        case GgmlType::F16:
            return run<GgmlType::F16, f16>;
        case GgmlType::BF16:
            return run<GgmlType::BF16, bf16>;
        case GgmlType::Q4_0:
            return run<GgmlType::Q4_0, small<false, false>>;
        case GgmlType::Q4_1:
            return run<GgmlType::Q4_1, small<true, false>>;
        case GgmlType::Q5_0:
            return run<GgmlType::Q5_0, small<false, true>>;
        case GgmlType::Q5_1:
            return run<GgmlType::Q5_1, small<true, true>>;
        case GgmlType::Q8_0:
            return run<GgmlType::Q8_0, q8_0>;
        case GgmlType::Q2_K:
            return run<GgmlType::Q2_K, q2_k>;
        case GgmlType::Q3_K:
            return run<GgmlType::Q3_K, q3_k>;
        case GgmlType::Q4_K:
            return run<GgmlType::Q4_K, k_min<false>>;
        case GgmlType::Q5_K:
            return run<GgmlType::Q5_K, k_min<true>>;
        case GgmlType::Q6_K:
            return run<GgmlType::Q6_K, q6_k>;
    }
    return nullptr;
}

}  // namespace ggml

}  // namespace coco
