// SPDX-License-Identifier: Apache-2.0
/// \file
/// How each block type of GGUF packs its values. Source of the formats: ggml `ggml-quants.c`. The nibbles of
/// a byte belong to the two halves of a block; minima of K-blocks are subtracted. Each type has a reader:
/// `read(in, to)` passes a block's values to `to(at, values)`, sixteen at a time in registers, so that
/// decoding and multiplication share the same code.
#pragma once

#include <cstdint>
#include <cstring>
#include <type_traits>
#include <utility>

#include <coco/core/half.hpp>
#include <coco/store/ggml_type.hpp>

#if defined(__F16C__) || defined(__AVX512BW__)
#include <immintrin.h>
#endif

namespace coco {

inline namespace COCO_INSTRUCTION_SET {
namespace ggml {

/// Sixteen values at a time, in the compilers' vector extensions.
typedef std::uint8_t Bytes __attribute__((vector_size(16)));
typedef std::uint16_t Shorts __attribute__((vector_size(32)));
typedef std::int32_t Ints __attribute__((vector_size(64)));
typedef float Floats __attribute__((vector_size(64)));

/// Loads a vector from memory. An output parameter, because vectors wider than the target's registers are not
/// returned by value.
template <class Vector>
void load(const void* from, Vector& v) {
    std::memcpy(&v, from, sizeof(v));
}
inline Bytes sixteen_at(const std::uint8_t* from) {
    Bytes b;
    load(from, b);
    return b;
}
inline std::uint16_t u16(const std::uint8_t* at) { return static_cast<std::uint16_t>(at[0] | at[1] << 8); }
inline float half(const std::uint8_t* at) {
#if defined(__F16C__)
    return _cvtsh_ss(u16(at));
#else
    return half_to_float(u16(at));
#endif
}
inline float times(float scale, int quantum) { return scale * static_cast<float>(quantum); }

/// Calls to(at, scale * quantum + offset) for sixteen quanta; `Quantum` is a vector of bytes or integers.
/// Quanta that are centred at c have the offset -c * scale: c is a power of two, so the result is
/// bit-identical to scale * (quantum - c).
template <class To, class Quantum>
void give(const To& to, int at, float scale, const Quantum& quantum, float offset) {
    // Via integers: g++ 12 converts bytes to floats one by one.
    const Ints whole = __builtin_convertvector(quantum, Ints);
    const Floats values = __builtin_convertvector(whole, Floats) * scale + offset;
    to(at, values);
}

/// Calls f(part) for part = 0 .. count - 1 as compile-time constants: shifts and conditions on them cost
/// nothing.
template <int count, class F>
void parts(const F& f) {
    [&]<int... part>(std::integer_sequence<int, part...>) { (f(std::integral_constant<int, part>{}), ...); }
    (std::make_integer_sequence<int, count>{});
}

/// Base of a reader: its type and the number of values and bytes per block.
template <GgmlType type_>
struct Blocks {
    static constexpr GgmlType type = type_;
    static constexpr Index size = layout_of(type_)->values, bytes = layout_of(type_)->bytes;
};

/// Base of a reader of single numbers: read as two groups of sixteen, or one by one where fewer than 32 are
/// left.
template <GgmlType type_>
struct Numbers {
    static constexpr GgmlType type = type_;
    static constexpr Index size = 32, one_bytes = layout_of(type_)->bytes, bytes = size * one_bytes;
};

struct F32 : Numbers<GgmlType::F32> {
    static float one(const std::uint8_t* in) {
        float value = 0;
        load(in, value);
        return value;
    }
    template <class To>
    static void read(const std::uint8_t* in, const To& to) {
        for (int l = 0; l < 32; l += 16) {
            Floats values;
            load(in + 4 * l, values);
            to(l, values);
        }
    }
};

struct BF16 : Numbers<GgmlType::BF16> {
    static float one(const std::uint8_t* in) { return bfloat_to_float(u16(in)); }
    template <class To>
    static void read(const std::uint8_t* in, const To& to) {
        for (int l = 0; l < 32; l += 16) {
            Shorts upper;
            load(in + 2 * l, upper);
            const Ints bits = __builtin_convertvector(upper, Ints) << 16;
            const Floats values = reinterpret_cast<Floats>(bits);
            to(l, values);
        }
    }
};

struct F16 : Numbers<GgmlType::F16> {
    static float one(const std::uint8_t* in) { return half_to_float(u16(in)); }
    template <class To>
    static void read(const std::uint8_t* in, const To& to) {
        // As `half_to_float`: computes all of its cases and selects one per value.
        for (int l = 0; l < 32; l += 16) {
            Shorts halves;
            load(in + 2 * l, halves);
            const Ints bits = __builtin_convertvector(halves, Ints), rest = bits & 0x7fff;
            const Floats small = __builtin_convertvector(rest, Floats) * 0x1.0p-24f;
            const Ints normal = (rest << 13) + (112 << 23), large = (rest & 0x3ff) << 13 | 0x7f800000;
            const Ints magnitude = rest < 0x400    ? reinterpret_cast<Ints>(small)
                                   : rest < 0x7c00 ? normal
                                                   : large;
            const Floats values = reinterpret_cast<Floats>(magnitude | (bits & 0x8000) << 16);
            to(l, values);
        }
    }
};

/// `give` of nibbles that have a fifth bit each; `fifth` points to two bytes of these bits.
template <class To>
void give_five(const To& to, int at, float scale, const Bytes& nibble, const std::uint8_t* fifth,
               float offset) {
#if defined(__AVX512BW__) && defined(__AVX512VL__)
    give(to, at, scale, nibble | reinterpret_cast<Bytes>(_mm_maskz_set1_epi8(u16(fifth), 16)), offset);
#else
    // Not constexpr: nvcc 13 fails on a constant vector in a template.
    const Ints place = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    const Ints upper = (u16(fifth) >> place & 1) << 4;
    give(to, at, scale, __builtin_convertvector(nibble, Ints) | upper, offset);
#endif
}

/// Blocks of 32 with 4 or 5 bits per value: scale, minimum if `minimum`, fifth bits if `five`, nibbles.
template <GgmlType type, bool minimum, bool five>
struct Small : Blocks<type> {
    template <class To>
    static void read(const std::uint8_t* in, const To& to) {
        const float scale = half(in);
        const float offset = minimum ? half(in + 2) : scale * (five ? -16.0f : -8.0f);
        const std::uint8_t* fifth = in + (minimum ? 4 : 2);
        const Bytes nibbles = sixteen_at(fifth + (five ? 4 : 0));
        if constexpr (five) {
            give_five(to, 0, scale, nibbles & 15, fifth, offset);
            give_five(to, 16, scale, nibbles >> 4, fifth + 2, offset);
        } else {
            give(to, 0, scale, nibbles & 15, offset);
            give(to, 16, scale, nibbles >> 4, offset);
        }
    }
};
using Q4_0 = Small<GgmlType::Q4_0, false, false>;
using Q4_1 = Small<GgmlType::Q4_1, true, false>;
using Q5_0 = Small<GgmlType::Q5_0, false, true>;
using Q5_1 = Small<GgmlType::Q5_1, true, true>;

struct Q8_0 : Blocks<GgmlType::Q8_0> {
    template <class To>
    static void read(const std::uint8_t* in, const To& to) {
        const float scale = half(in);
        // Flipping the sign bit of a signed byte adds 128 and makes it unsigned.
        for (int l = 0; l < 32; l += 16) give(to, l, scale, sixteen_at(in + 2 + l) ^ 128, -128 * scale);
    }
};

/// Blocks of 256 in eight parts with a 6-bit scale and minimum each, 4 or 5 bits per value.
template <GgmlType type, bool five>
struct KMin : Blocks<type> {
    template <class To>
    static void read(const std::uint8_t* in, const To& to) {
        const float scale = half(in), least = half(in + 2);
        const std::uint8_t* const packed = in + 4;
        const std::uint8_t* const nibbles = in + (five ? 48 : 16);
        parts<8>([&](auto number) {
            constexpr int part = number;
            constexpr bool first = part < 4;
            const int s = first ? packed[part] & 63 : (packed[part + 4] & 15) | (packed[part % 4] >> 6) << 4;
            const int m = first ? packed[part + 4] & 63 : packed[part + 4] >> 4 | (packed[part] >> 6) << 4;
            const float d = times(scale, s), low = times(least, m);
            for (int l = 0; l < 32; l += 16) {
                Bytes quantum = sixteen_at(nibbles + part / 2 * 32 + l);
                quantum = part % 2 == 0 ? quantum & 15 : quantum >> 4;
                if constexpr (five) quantum |= (sixteen_at(in + 16 + l) >> part & 1) << 4;
                give(to, part * 32 + l, d, quantum, -low);
            }
        });
    }
};
using Q4_K = KMin<GgmlType::Q4_K, false>;
using Q5_K = KMin<GgmlType::Q5_K, true>;

/// Blocks of 256 in sixteen parts with a signed 8-bit scale each: two parts per quarter, four quarters per
/// half. Lower nibbles and upper bit pairs are stored separately.
struct Q6_K : Blocks<GgmlType::Q6_K> {
    template <class To>
    static void read(const std::uint8_t* in, const To& to) {
        const float scale = half(in + 208);
        parts<16>([&](auto number) {
            constexpr int part = number, quarter = part / 2 % 4, n = part / 8, from = part % 2 * 16;
            const Bytes lower = sixteen_at(in + 64 * n + quarter % 2 * 32 + from),
                        upper = sixteen_at(in + 128 + 32 * n + from);
            const Bytes nibble = quarter < 2 ? lower & 15 : lower >> 4;
            const Bytes quantum = nibble | (upper >> 2 * quarter & 3) << 4;
            const float d = times(scale, static_cast<std::int8_t>(in[192 + part]));
            give(to, part * 16, d, quantum, -32 * d);
        });
    }
};

/// Six-bit scales of Q3_K, 16 of them in 12 bytes: low four bits in nibbles, high two bits four to a byte.
inline int q3_scale(const std::uint8_t* packed, int k) {
    return (packed[k % 8] >> (k / 8 * 4) & 15) | (packed[8 + k % 4] >> (k / 4 * 2) & 3) << 4;
}

/// The two-bit values of part `part` of sixteen: in each half of a block, four quarters of 32 values use the
/// four bit pairs of the same 32 bytes.
template <int part>
Bytes pairs(const std::uint8_t* in) {
    return sixteen_at(in + part / 8 * 32 + part % 2 * 16) >> part % 8 / 2 * 2 & 3;
}

/// Blocks of 256 of two bits per value; sixteen parts have a 4-bit scale and minimum each.
struct Q2_K : Blocks<GgmlType::Q2_K> {
    template <class To>
    static void read(const std::uint8_t* in, const To& to) {
        const float scale = half(in + 80), least = half(in + 82);
        parts<16>([&](auto number) {
            constexpr int part = number;
            give(to, part * 16, times(scale, in[part] & 15), pairs<part>(in + 16),
                 -times(least, in[part] >> 4));
        });
    }
};

/// The order of Q2_K, with the third bit stored separately (if clear, the value is 4 less) and signed six-bit
/// scales.
struct Q3_K : Blocks<GgmlType::Q3_K> {
    template <class To>
    static void read(const std::uint8_t* in, const To& to) {
        const float scale = half(in + 108);
        parts<16>([&](auto number) {
            constexpr int part = number;
            const Bytes third = sixteen_at(in + part % 2 * 16) >> part / 2 & 1;
            const float d = times(scale, q3_scale(in + 96, part) - 32);
            give(to, part * 16, d, pairs<part>(in + 32) | third << 2, -4 * d);
        });
    }
};

/// Calls f(reader) with the reader of a type; returns false for a type that has none.
template <class F>
bool with_reader(GgmlType type, const F& f) {
    const auto found = [&]<class... Readers>(const Readers&... reader) {
        return ((reader.type == type ? (f(reader), true) : false) || ...);
    };
    return found(F32{}, F16{}, BF16{}, Q4_0{}, Q4_1{}, Q5_0{}, Q5_1{}, Q8_0{}, Q2_K{}, Q3_K{}, Q4_K{}, Q5_K{},
                 Q6_K{});
}

/// Decodes `count` values, a whole number of blocks.
using Decode = void (*)(const std::uint8_t* in, Index count, float* out);

/// The decoder of a type, or null where there is none.
inline Decode decode_of(GgmlType type) {
    Decode decode = nullptr;
    with_reader(type, [&]<class Reader>(const Reader&) {
        decode = [](const std::uint8_t* in, Index count, float* out) {
            for (; count >= Reader::size; count -= Reader::size, in += Reader::bytes, out += Reader::size)
                Reader::read(in, [out](int at, const Floats& sixteen) {
                    std::memcpy(out + at, &sixteen, sizeof(sixteen));
                });
            if constexpr (requires { Reader::one_bytes; })
                for (; count > 0; --count, in += Reader::one_bytes) *out++ = Reader::one(in);
        };
    });
    return decode;
}

}  // namespace ggml
}  // namespace COCO_INSTRUCTION_SET

}  // namespace coco
