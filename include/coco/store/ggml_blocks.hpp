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

/// Sixteen values at a time, in the compilers' vector extensions.
typedef std::uint8_t Bytes __attribute__((vector_size(16)));
typedef std::int32_t Ints __attribute__((vector_size(64)));
typedef float Floats __attribute__((vector_size(64)));

inline Bytes bytes(const std::uint8_t* from) {
    Bytes b;
    std::memcpy(&b, from, sizeof(b));
    return b;
}
/// out = scale (quantum - middle) + offset, sixteen times; `Quantum` are bytes, signed ones or integers.
template <class Quantum>
void write(float* out, float scale, const Quantum& quantum, float middle, float offset) {
    // By way of integers: g++ 12 converts bytes to floats one by one.
    const Ints whole = __builtin_convertvector(quantum, Ints);
    const Floats values = (__builtin_convertvector(whole, Floats) - middle) * scale + offset;
    std::memcpy(out, &values, sizeof(values));
}

/// Blocks of 32 with 4 or 5 bits a value: scale, minimum if `minimum`, fifth bits if `five`, nibbles.
template <bool minimum, bool five>
void small(const std::uint8_t* in, float* out) {
    const float scale = half(in);
    const float least = minimum ? half(in + 2) : 0.0f;
    const std::uint8_t* fifth = in + (minimum ? 4 : 2);
    const Bytes nibbles = bytes(fifth + (five ? 4 : 0));
    constexpr float middle = minimum ? 0 : (five ? 16 : 8);
    if constexpr (five) {
        std::int32_t high = 0;
        std::memcpy(&high, fifth, sizeof(high));
        constexpr Ints place = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
        const Ints lower = (high >> place & 1) << 4, upper = (high >> (place + 16) & 1) << 4;
        write(out, scale, __builtin_convertvector(nibbles & 15, Ints) | lower, middle, least);
        write(out + 16, scale, __builtin_convertvector(nibbles >> 4, Ints) | upper, middle, least);
    } else {
        write(out, scale, nibbles & 15, middle, least);
        write(out + 16, scale, nibbles >> 4, middle, least);
    }
}

inline void q8_0(const std::uint8_t* in, float* out) {
    const float scale = half(in);
    // Signed bytes with the sign bit turned are unsigned ones 128 higher.
    for (int l = 0; l < 32; l += 16) write(out + l, scale, bytes(in + 2 + l) ^ 128, 128, 0);
}

/// Blocks of 256 in eight parts with a 6-bit scale and minimum each, 4 or 5 bits a value.
template <bool five>
void k_min(const std::uint8_t* in, float* out) {
    const float scale = half(in), least = half(in + 2);
    const std::uint8_t* const packed = in + 4;
    const std::uint8_t* const nibbles = in + (five ? 48 : 16);
    for (int part = 0; part < 8; ++part) {
        const bool first = part < 4;
        const int s = first ? packed[part] & 63 : (packed[part + 4] & 15) | (packed[part - 4] >> 6) << 4;
        const int m = first ? packed[part + 4] & 63 : packed[part + 4] >> 4 | (packed[part] >> 6) << 4;
        const float d = times(scale, s), low = times(least, m);
        for (int l = 0; l < 32; l += 16) {
            Bytes quantum = bytes(nibbles + part / 2 * 32 + l);
            quantum = part % 2 == 0 ? quantum & 15 : quantum >> 4;
            if constexpr (five) quantum |= (bytes(in + 16 + l) >> static_cast<unsigned char>(part) & 1) << 4;
            write(out + part * 32 + l, d, quantum, 0, -low);
        }
    }
}

/// Blocks of 256 in sixteen parts with a signed 8-bit scale each: two parts to a quarter, four quarters to a
/// half; lower nibbles and upper bit pairs apart.
inline void q6_k(const std::uint8_t* in, float* out) {
    const float scale = half(in + 208);
    for (int part = 0; part < 16; ++part) {
        const int quarter = part / 2 % 4, n = part / 8, from = part % 2 * 16;
        const Bytes lower = bytes(in + 64 * n + quarter % 2 * 32 + from),
                    upper = bytes(in + 128 + 32 * n + from);
        const Bytes nibble = quarter < 2 ? lower & 15 : lower >> 4;
        const Bytes quantum = nibble | (upper >> static_cast<unsigned char>(2 * quarter) & 3) << 4;
        write(out + part * 16, times(scale, static_cast<std::int8_t>(in[192 + part])), quantum, 32, 0);
    }
}

/// Six-bit scales of Q3_K, 16 of them in 12 bytes: low four bits in nibbles, high two bits four to a byte.
inline int q3_scale(const std::uint8_t* packed, int k) {
    return (packed[k % 8] >> (k / 8 * 4) & 15) | (packed[8 + k % 4] >> (k / 4 * 2) & 3) << 4;
}

/// The two bits of part k of sixteen: in each half, four quarters of 32 lie in the four bit pairs of the same
/// 32 bytes.
inline Bytes pairs(const std::uint8_t* in, int part) {
    return bytes(in + part / 8 * 32 + part % 2 * 16) >> static_cast<unsigned char>(part % 8 / 2 * 2) & 3;
}

/// Blocks of 256 of two bits a value; sixteen parts have a 4-bit scale and minimum each.
inline void q2_k(const std::uint8_t* in, float* out) {
    const float scale = half(in + 80), least = half(in + 82);
    for (int part = 0; part < 16; ++part)
        write(out + part * 16, times(scale, in[part] & 15), pairs(in + 16, part), 0,
              -times(least, in[part] >> 4));
}

/// The same order with a third bit apart (clear: 4 less) and signed six-bit scales.
inline void q3_k(const std::uint8_t* in, float* out) {
    const float scale = half(in + 108);
    for (int part = 0; part < 16; ++part) {
        const Bytes third = bytes(in + part % 2 * 16) >> static_cast<unsigned char>(part / 2) & 1;
        write(out + part * 16, times(scale, q3_scale(in + 96, part) - 32), pairs(in + 32, part) | third << 2,
              4, 0);
    }
}

/// Decodes a run of blocks, one after the other.
using Decode = void (*)(const std::uint8_t* in, Index blocks, float* out);

template <GgmlType type, void (*one)(const std::uint8_t*, float*)>
void run(const std::uint8_t* in, Index blocks, float* out) {
    constexpr GgmlLayout layout = *layout_of(type);
    for (Index b = 0; b < blocks; ++b) one(in + b * layout.bytes, out + b * layout.values);
}

/// Values of half precision, sixteen at a time: as `half_to_float`, all of its cases at once.
inline void halves(const std::uint8_t* in, Index count, float* out) {
    typedef std::uint16_t Narrow __attribute__((vector_size(32)));
    for (; count >= 16; count -= 16, in += 32, out += 16) {
        Narrow narrow;
        std::memcpy(&narrow, in, sizeof(narrow));
        const Ints bits = __builtin_convertvector(narrow, Ints), rest = bits & 0x7fff;
        const Floats small = __builtin_convertvector(rest, Floats) * 0x1.0p-24f;
        const Ints normal = (rest << 13) + (112 << 23), large = (rest & 0x3ff) << 13 | 0x7f800000;
        const Ints magnitude = rest < 0x400 ? (Ints)small : rest < 0x7c00 ? normal : large;
        const Ints value = magnitude | (bits & 0x8000) << 16;
        std::memcpy(out, &value, sizeof(value));
    }
    for (Index i = 0; i < count; ++i) f16(in + 2 * i, out + i);
}

/// Values of bfloat16, sixteen at a time.
inline void bfloats(const std::uint8_t* in, Index count, float* out) {
    typedef std::uint16_t Narrow __attribute__((vector_size(32)));
    for (; count >= 16; count -= 16, in += 32, out += 16) {
        Narrow narrow;
        std::memcpy(&narrow, in, sizeof(narrow));
        const Ints value = __builtin_convertvector(narrow, Ints) << 16;
        std::memcpy(out, &value, sizeof(value));
    }
    for (Index i = 0; i < count; ++i) bf16(in + 2 * i, out + i);
}

/// How blocks of a type are decoded, or null for a type that is not.
inline Decode decode_of(GgmlType type) {
    switch (type) {
        case GgmlType::F32:
            return run<GgmlType::F32, f32>;
        case GgmlType::F16:
            return halves;
        case GgmlType::BF16:
            return bfloats;
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
