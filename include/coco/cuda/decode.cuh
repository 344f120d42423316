// SPDX-License-Identifier: Apache-2.0
/// \file
/// Decodes single values of GGUF blocks, so that several threads can share a block: the formulas of
/// <coco/store/ggml_blocks.hpp>, whose host readers decode a block sixteen values at a time. Values are
/// bit-identical to the host's: products of scale and quantum are exact in float, so only the addition
/// rounds.
#pragma once

#include <cstdint>
#include <type_traits>
#include <utility>

#include <coco/core/error.hpp>
#include <coco/core/half.hpp>
#include <coco/core/types.hpp>
#include <coco/store/ggml_type.hpp>

namespace coco::cuda {

/// The bits of a half or a bfloat16 in memory, at any address.
COCO_HD inline std::uint16_t u16_at(const std::uint8_t* at) {
    return static_cast<std::uint16_t>(at[0] | at[1] << 8);
}
COCO_HD inline float half_at(const std::uint8_t* at) { return half_to_float(u16_at(at)); }
/// scale * (quantum - middle) + offset, with as many roundings as the host's readers.
COCO_HD inline float value_of(float scale, int quantum, int middle, float offset) {
    return static_cast<float>(quantum - middle) * scale + offset;
}

/// Values of `layout_of`, as constants that kernels can read.
template <GgmlType type>
inline constexpr Index block_values = layout_of(type)->values;
template <GgmlType type>
inline constexpr Index block_bytes = layout_of(type)->bytes;

/// `at(block, j)`: value j of a block, for one type.
template <GgmlType type>
struct Decoder;

template <>
struct Decoder<GgmlType::F32> {
    COCO_HD static float at(const std::uint8_t* in, int) {
        return __builtin_bit_cast(
            float, static_cast<std::uint32_t>(u16_at(in)) | static_cast<std::uint32_t>(u16_at(in + 2)) << 16);
    }
};
template <>
struct Decoder<GgmlType::F16> {
    COCO_HD static float at(const std::uint8_t* in, int) { return half_at(in); }
};
template <>
struct Decoder<GgmlType::BF16> {
    COCO_HD static float at(const std::uint8_t* in, int) { return bfloat_to_float(u16_at(in)); }
};

/// Blocks of 32 with 4 or 5 bits per value: scale, minimum if `minimum`, fifth bits if `five`, nibbles.
template <bool minimum, bool five>
struct SmallDecoder {
    COCO_HD static float at(const std::uint8_t* in, int j) {
        const std::uint8_t* const fifth = in + (minimum ? 4 : 2);
        const int byte = fifth[(five ? 4 : 0) + j % 16];
        int quantum = j < 16 ? byte & 15 : byte >> 4;
        if (five) quantum |= (fifth[j / 8] >> j % 8 & 1) << 4;
        return value_of(half_at(in), quantum, minimum ? 0 : (five ? 16 : 8),
                        minimum ? half_at(in + 2) : 0.0f);
    }
};
template <>
struct Decoder<GgmlType::Q4_0> : SmallDecoder<false, false> {};
template <>
struct Decoder<GgmlType::Q4_1> : SmallDecoder<true, false> {};
template <>
struct Decoder<GgmlType::Q5_0> : SmallDecoder<false, true> {};
template <>
struct Decoder<GgmlType::Q5_1> : SmallDecoder<true, true> {};

template <>
struct Decoder<GgmlType::Q8_0> {
    COCO_HD static float at(const std::uint8_t* in, int j) {
        return value_of(half_at(in), static_cast<std::int8_t>(in[2 + j]), 0, 0);
    }
};

/// Blocks of 256 in eight parts with a 6-bit scale and minimum each, 4 or 5 bits per value.
template <bool five>
struct KMinDecoder {
    COCO_HD static float at(const std::uint8_t* in, int j) {
        const std::uint8_t* const packed = in + 4;
        const int part = j / 32, l = j % 32;
        const int scale =
            part < 4 ? packed[part] & 63 : (packed[part + 4] & 15) | (packed[part - 4] >> 6) << 4;
        const int least = part < 4 ? packed[part + 4] & 63 : packed[part + 4] >> 4 | (packed[part] >> 6) << 4;
        const int byte = in[(five ? 48 : 16) + part / 2 * 32 + l];
        int quantum = part % 2 == 0 ? byte & 15 : byte >> 4;
        if (five) quantum |= (in[16 + l] >> part & 1) << 4;
        return value_of(half_at(in) * static_cast<float>(scale), quantum, 0,
                        -(half_at(in + 2) * static_cast<float>(least)));
    }
};
template <>
struct Decoder<GgmlType::Q4_K> : KMinDecoder<false> {};
template <>
struct Decoder<GgmlType::Q5_K> : KMinDecoder<true> {};

template <>
struct Decoder<GgmlType::Q6_K> {
    COCO_HD static float at(const std::uint8_t* in, int j) {
        const int half = j / 128, quarter = j / 32 % 4, l = j % 32;
        const int byte = in[64 * half + quarter % 2 * 32 + l];
        const int lower = quarter < 2 ? byte & 15 : byte >> 4;
        const int quantum = lower | (in[128 + 32 * half + l] >> 2 * quarter & 3) << 4;
        const int scale = static_cast<std::int8_t>(in[192 + j / 16]);
        return value_of(half_at(in + 208) * static_cast<float>(scale), quantum, 32, 0);
    }
};

/// The two bits of value j: in each half of a block, four quarters of 32 values use the four bit pairs of the
/// same 32 bytes.
COCO_HD inline int pair_at(const std::uint8_t* in, int j) {
    return in[j / 128 * 32 + j % 32] >> j / 32 % 4 * 2 & 3;
}

template <>
struct Decoder<GgmlType::Q2_K> {
    COCO_HD static float at(const std::uint8_t* in, int j) {
        const int packed = in[j / 16];
        return value_of(half_at(in + 80) * static_cast<float>(packed & 15), pair_at(in + 16, j), 0,
                        -(half_at(in + 82) * static_cast<float>(packed >> 4)));
    }
};

template <>
struct Decoder<GgmlType::Q3_K> {
    COCO_HD static float at(const std::uint8_t* in, int j) {
        const std::uint8_t* const packed = in + 96;
        const int part = j / 16, third = in[j % 32] >> j / 32 & 1;
        const int scale = (packed[part % 8] >> part / 8 * 4 & 15) | (packed[8 + part % 4] >> part / 4 * 2 & 3)
                                                                        << 4;
        return value_of(half_at(in + 108) * static_cast<float>(scale - 32), pair_at(in + 32, j) | third << 2,
                        4, 0);
    }
};

/// Calls f(type) with the type as a compile-time constant; throws `Error` for a type that is not decoded.
template <class F>
void with_decoder(GgmlType type, const F& f) {
    const auto found = [&]<GgmlType... types>(std::integer_sequence<GgmlType, types...>) {
        return ((type == types ? (f(std::integral_constant<GgmlType, types>{}), true) : false) || ...);
    };
    using T = GgmlType;
    if (!found(std::integer_sequence<T, T::F32, T::F16, T::BF16, T::Q4_0, T::Q4_1, T::Q5_0, T::Q5_1, T::Q8_0,
                                     T::Q2_K, T::Q3_K, T::Q4_K, T::Q5_K, T::Q6_K>{})) {
        const GgmlLayout* const layout = layout_of(type);
        throw Error("stored matrix", text_of("type ", layout ? layout->name : "unknown", " is not decoded"));
    }
}

}  // namespace coco::cuda
