// SPDX-License-Identifier: Apache-2.0
/// \file
/// GGUF blocks as bytes: 64 quanta in a register, with a scale and an offset for each lane of four (AVX-512).
/// The formats are defined in <coco/store/ggml_blocks.hpp>, whose readers give floats.
#pragma once

#include <cstdint>
#include <cstring>

#include <coco/core/types.hpp>
#include <coco/store/ggml_type.hpp>

#if defined(__x86_64__)
#include <immintrin.h>

#define COCO_BYTES __attribute__((target("avx512f,avx512bw,avx512vl,avx512vnni,f16c")))

namespace coco::host {
inline namespace COCO_INSTRUCTION_SET {
namespace digits {

/// Values per group.
inline constexpr Index group = 64;

/// Masks of all lanes: g++ 12 warns about its own undefined operands in intrinsics without a mask.
inline constexpr __mmask16 all_sixteen = 0xFFFF;
inline constexpr __mmask8 all_eight = 0xFF;

/// 64 quanta q. The values of a lane of four are scale * q + middle * low, with `middle` of the reader.
struct Quanta {
    __m512i q;
    __m512 scale, low;
};

/// Element `lower` of `values` in the lower half of a vector, element `upper` in the upper half.
COCO_BYTES inline __m512 of_blocks(__m128 values, int lower, int upper) {
    const __m512i at = _mm512_mask_set1_epi32(_mm512_set1_epi32(lower), 0xFF00, upper);
    return _mm512_maskz_permutexvar_ps(all_sixteen, at, _mm512_castps128_ps512(values));
}
/// The same sixteen bytes in both halves.
COCO_BYTES inline __m256i twice(const std::uint8_t* at) {
    return _mm256_broadcastsi128_si256(_mm_loadu_si128(reinterpret_cast<const __m128i*>(at)));
}
COCO_BYTES inline __m256i bytes_at(const std::uint8_t* at) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(at));
}
inline std::uint32_t word(const std::uint8_t* at) {
    std::uint32_t w = 0;
    std::memcpy(&w, at, sizeof(w));
    return w;
}
inline std::uint16_t half_word(const std::uint8_t* at) {
    std::uint16_t w = 0;
    std::memcpy(&w, at, sizeof(w));
    return w;
}

/// Blocks of 32 with 4 or 5 bits per value (`ggml::Small`), two per group.
template <Index bytes_, bool minimum, bool five>
struct Small {
    static constexpr Index values = group, bytes = 2 * bytes_;
    static constexpr float middle = minimum ? 1.0f : five ? -16.0f : -8.0f;

    struct Header {};
    COCO_BYTES static Header header(const std::uint8_t*) { return {}; }
    template <int>
    COCO_BYTES static void read(const std::uint8_t* in, const Header&, Quanta& to) {
        constexpr Index fifth = minimum ? 4 : 2, nibbles = fifth + (five ? 4 : 0);
        const std::uint8_t* const next = in + bytes_;
        const __m512i packed = _mm512_maskz_inserti64x4(
            all_eight, _mm512_castsi256_si512(twice(in + nibbles)), twice(next + nibbles), 1);
        const __m512i shift = _mm512_setr_epi64(0, 0, 4, 4, 0, 0, 4, 4);
        to.q = _mm512_and_si512(_mm512_maskz_srlv_epi64(all_eight, packed, shift), _mm512_set1_epi8(15));
        if constexpr (five) {
            const __mmask64 mask = word(in + fifth) | static_cast<std::uint64_t>(word(next + fifth)) << 32;
            to.q = _mm512_mask_add_epi8(to.q, mask, to.q, _mm512_set1_epi8(16));
        }
        if constexpr (minimum) {
            const __m128 numbers =
                _mm_cvtph_ps(_mm_set_epi32(0, 0, static_cast<int>(word(next)), static_cast<int>(word(in))));
            to.scale = of_blocks(numbers, 0, 2);
            to.low = of_blocks(numbers, 1, 3);
        } else {
            const __m128 numbers =
                _mm_cvtph_ps(_mm_set_epi32(0, 0, 0, half_word(in) | half_word(next) << 16));
            to.low = to.scale = of_blocks(numbers, 0, 1);
        }
    }
};

/// `ggml::Q8_0`: flipping the sign bit of a signed byte adds 128 and makes it unsigned.
struct Q8Blocks {
    static constexpr Index values = group, bytes = 68;
    static constexpr float middle = -128;

    struct Header {};
    COCO_BYTES static Header header(const std::uint8_t*) { return {}; }
    template <int>
    COCO_BYTES static void read(const std::uint8_t* in, const Header&, Quanta& to) {
        const __m256i lower = bytes_at(in + 2), upper = bytes_at(in + 36);
        to.q = _mm512_xor_si512(_mm512_maskz_inserti64x4(all_eight, _mm512_castsi256_si512(lower), upper, 1),
                                _mm512_set1_epi8(static_cast<char>(128)));
        const __m128 numbers = _mm_cvtph_ps(_mm_set_epi32(0, 0, 0, half_word(in) | half_word(in + 34) << 16));
        to.low = to.scale = of_blocks(numbers, 0, 1);
    }
};

/// Blocks of 256 in eight parts with a scale and a minimum each (`ggml::KMin`), two parts per group.
template <Index bytes_, bool five>
struct KMin {
    static constexpr Index values = 256, bytes = bytes_;
    static constexpr float middle = -1;

    struct Header {
        __m512 scale, low;  ///< eight of each
    };
    COCO_BYTES static __m512 eight(std::uint32_t lower, std::uint32_t upper, float factor) {
        const __m128i packed = _mm_set_epi32(0, 0, static_cast<int>(upper), static_cast<int>(lower));
        return _mm512_castps256_ps512(
            _mm256_mul_ps(_mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(packed)), _mm256_set1_ps(factor)));
    }
    COCO_BYTES static Header header(const std::uint8_t* in) {
        const std::uint32_t a = word(in + 4), b = word(in + 8), c = word(in + 12);
        constexpr std::uint32_t six = 0x3f3f3f3f, four = 0x0f0f0f0f, two = 0x30303030;
        return {eight(a & six, (c & four) | (a >> 2 & two), _cvtsh_ss(half_word(in))),
                eight(b & six, (c >> 4 & four) | (b >> 2 & two), _cvtsh_ss(half_word(in + 2)))};
    }
    template <int part>
    COCO_BYTES static void read(const std::uint8_t* in, const Header& header, Quanta& to) {
        const __m512i packed =
            _mm512_maskz_broadcast_i64x4(all_eight, bytes_at(in + (five ? 48 : 16) + 32 * part));
        const __m512i shift = _mm512_setr_epi64(0, 0, 0, 0, 4, 4, 4, 4);
        to.q = _mm512_and_si512(_mm512_maskz_srlv_epi64(all_eight, packed, shift), _mm512_set1_epi8(15));
        if constexpr (five) {
            const __m512i upper = _mm512_maskz_broadcast_i64x4(all_eight, bytes_at(in + 16));
            const __m512i bit = _mm512_mask_set1_epi8(_mm512_set1_epi8(static_cast<char>(1 << 2 * part)),
                                                      0xFFFFFFFF00000000u, static_cast<char>(2 << 2 * part));
            to.q = _mm512_mask_add_epi8(to.q, _mm512_test_epi8_mask(upper, bit), to.q, _mm512_set1_epi8(16));
        }
        const __m512i at = _mm512_mask_set1_epi32(_mm512_set1_epi32(2 * part), 0xFF00, 2 * part + 1);
        to.scale = _mm512_maskz_permutexvar_ps(all_sixteen, at, header.scale);
        to.low = _mm512_maskz_permutexvar_ps(all_sixteen, at, header.low);
    }
};

/// `ggml::Q6_K`: sixteen parts with a scale each, four per group.
struct Q6KBlocks {
    static constexpr Index values = 256, bytes = 210;
    static constexpr float middle = -32;

    struct Header {
        __m512 scale;
    };
    COCO_BYTES static Header header(const std::uint8_t* in) {
        const __m128i scales = _mm_loadu_si128(reinterpret_cast<const __m128i*>(in + 192));
        return {_mm512_mul_ps(
            _mm512_maskz_cvtepi32_ps(all_sixteen, _mm512_maskz_cvtepi8_epi32(all_sixteen, scales)),
            _mm512_set1_ps(_cvtsh_ss(half_word(in + 208))))};
    }
    template <int part>
    COCO_BYTES static void read(const std::uint8_t* in, const Header& header, Quanta& to) {
        constexpr int half = part / 2, later = part % 2;
        const __m512i packed = _mm512_loadu_si512(in + 64 * half);
        const __m512i nibble = _mm512_and_si512(
            later ? _mm512_maskz_srli_epi64(all_eight, packed, 4) : packed, _mm512_set1_epi8(15));
        const __m512i pairs = _mm512_maskz_broadcast_i64x4(all_eight, bytes_at(in + 128 + 32 * half));
        // Shift to bits 4 and 5.
        constexpr int lower = 4 * later, upper = lower + 2;
        const __m512i moved =
            later
                ? _mm512_maskz_srlv_epi64(
                      all_eight, pairs, _mm512_mask_set1_epi64(_mm512_set1_epi64(lower - 4), 0xF0, upper - 4))
                : _mm512_maskz_sllv_epi64(
                      all_eight, pairs,
                      _mm512_mask_set1_epi64(_mm512_set1_epi64(4 - lower), 0xF0, 4 - upper));
        to.q = _mm512_or_si512(nibble, _mm512_and_si512(moved, _mm512_set1_epi8(0x30)));
        const __m512i at = _mm512_add_epi32(
            _mm512_set1_epi32(4 * part), _mm512_setr_epi32(0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3));
        to.low = to.scale = _mm512_maskz_permutexvar_ps(all_sixteen, at, header.scale);
    }
};

/// Calls f.template operator()<Reader>() with the reader of a type; returns false for a type that has none.
template <class F>
bool with_bytes(GgmlType type, const F& f) {
    switch (type) {
        case GgmlType::Q4_0:
            return f.template operator()<Small<18, false, false>>(), true;
        case GgmlType::Q4_1:
            return f.template operator()<Small<20, true, false>>(), true;
        case GgmlType::Q5_0:
            return f.template operator()<Small<22, false, true>>(), true;
        case GgmlType::Q5_1:
            return f.template operator()<Small<24, true, true>>(), true;
        case GgmlType::Q8_0:
            return f.template operator()<Q8Blocks>(), true;
        case GgmlType::Q4_K:
            return f.template operator()<KMin<144, false>>(), true;
        case GgmlType::Q5_K:
            return f.template operator()<KMin<176, true>>(), true;
        case GgmlType::Q6_K:
            return f.template operator()<Q6KBlocks>(), true;
        default:
            return false;
    }
}

}  // namespace digits
}  // namespace COCO_INSTRUCTION_SET
}  // namespace coco::host

#endif
