// SPDX-License-Identifier: Apache-2.0
/// \file
/// Turns the blocks of a GGUF tensor into floats. Source of the block formats: ggml `ggml-quants.c`; pairs of
/// nibbles are split halves of a block, minima of K-blocks are subtracted.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

#include <coco/core/config.hpp>
#include <coco/core/error.hpp>
#include <coco/io/finite.hpp>
#include <coco/io/ggml_type.hpp>
#include <coco/io/gguf.hpp>

namespace coco::io {

/// IEEE half precision to float; exact, subnormals, infinities and NaN kept.
inline float half_to_float(std::uint16_t half) {
    const std::uint32_t sign = (half & 0x8000u) << 16, rest = half & 0x7fffu;
    if (rest >= 0x7c00u) return std::bit_cast<float>(sign | 0x7f800000u | ((rest & 0x3ffu) << 13));
    // Subnormals count in steps of 2^-24; they take no detour over float subnormals, which some programs
    // flush.
    const float magnitude = rest < 0x400u ? static_cast<float>(rest) * 0x1.0p-24f
                                          : std::bit_cast<float>((rest << 13) + (112u << 23));
    return std::bit_cast<float>(std::bit_cast<std::uint32_t>(magnitude) | sign);
}

/// bfloat16 to float: the upper half of the same number.
inline float bfloat_to_float(std::uint16_t upper) {
    return std::bit_cast<float>(static_cast<std::uint32_t>(upper) << 16);
}

namespace block {

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

/// How one block of a type is decoded: its bytes in, its values out.
struct Decoder {
    GgmlType type;
    void (*decode)(const std::uint8_t*, float*);
};

inline constexpr Decoder decoders[] = {
    {GgmlType::F32, f32},
    {GgmlType::F16, f16},
    {GgmlType::BF16, bf16},
    {GgmlType::Q4_0, small<false, false>},
    {GgmlType::Q4_1, small<true, false>},
    {GgmlType::Q5_0, small<false, true>},
    {GgmlType::Q5_1, small<true, true>},
    {GgmlType::Q8_0, q8_0},
    {GgmlType::Q4_K, k_min<false>},
    {GgmlType::Q5_K, k_min<true>},
    {GgmlType::Q6_K, q6_k},
};

}  // namespace block

/// Decodes rows `first` .. `first + count - 1` of a tensor into `out`, count x columns, row-major.
/// \throws Error naming the tensor if its type is not decoded here, if `out` has another size, if the rows
///         are not there, or if a value is infinite or no number
inline void read_rows(const TensorInfo& tensor, Index first, Index count, std::span<float> out) {
    const GgmlLayout* layout = layout_of(tensor.type);
    const auto* found = std::find_if(std::begin(block::decoders), std::end(block::decoders),
                                     [&](const block::Decoder& d) { return d.type == tensor.type; });
    if (found == std::end(block::decoders))
        throw Error(tensor.where, "tensor type cannot be decoded",
                    "F32, F16, BF16, Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q4_K, Q5_K or Q6_K",
                    layout == nullptr ? text_of(std::uint32_t(tensor.type)) : std::string(layout->name));
    if (first < 0 || count < 0 || first > tensor.rows || count > tensor.rows - first)
        throw Error(tensor.where, "no such rows", text_of("rows within ", tensor.rows),
                    text_of(first, " and ", count, " on"));
    if (static_cast<Index>(out.size()) != count * tensor.columns)
        throw Error(tensor.where, "wrong number of values", text_of(count * tensor.columns),
                    text_of(out.size()));
    const Index blocks = tensor.columns / layout->values;
    const auto* in =
        reinterpret_cast<const std::uint8_t*>(tensor.bytes.data()) + first * blocks * layout->bytes;
    for (Index b = 0; b < count * blocks; ++b)
        found->decode(in + b * layout->bytes, out.data() + b * layout->values);
    require_finite(out, tensor.columns, tensor.where);
}

/// Decodes a whole tensor, rows x columns, row-major. \throws Error as `read_rows`
inline void read(const Gguf& file, std::string_view name, std::span<float> out) {
    const TensorInfo& tensor = file.tensor(name);
    read_rows(tensor, 0, tensor.rows, out);
}

}  // namespace coco::io
