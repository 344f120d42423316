// SPDX-License-Identifier: Apache-2.0
/// \file
/// A few rows with a matrix of quantised blocks, by products of bytes (AVX-512 VNNI). Every 64 values of a
/// row of floats become integers of 24 bits with one scale, written as three signed digits in base 256;
/// quanta of the blocks are bytes already. Floating point remains for one sum per block: nothing is rounded
/// to eight bits, and results are as accurate as those of floats. Selected at run time, whatever the compile
/// target.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include <coco/host/across.hpp>
#include <coco/host/byte_blocks.hpp>
#include <coco/host/pool.hpp>
#include <coco/host/scratch.hpp>
#include <coco/store/stored.hpp>
#include <coco/store/view.hpp>

namespace coco::host {
inline namespace COCO_INSTRUCTION_SET {
namespace digits {

#if defined(__x86_64__)

/// Whether this processor has products of bytes.
inline bool available() {
    static const bool yes = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                            __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vnni");
    return yes;
}

/// Rows that are multiplied at once: more rows are faster in floats.
inline constexpr Index max_rows = 2;

/// Prefetch distance in bytes: the best of 0, 512, 1024, 2048 and 4096 (docs/speed.md).
inline constexpr Index prefetch = 2048;

/// 64 values of a row: x_i = scale (65536 first_i + 256 second_i + third_i).
struct alignas(64) Group {
    std::int8_t first[group], second[group], third[group];
    float sum[group / 4];  ///< of four values each, as a product of bytes adds them up
    float scale;
};

/// Writes the digits of x. A value that is not finite makes the scale not finite, and thus all results.
COCO_BYTES inline void write(const float* x, Group& to) {
    constexpr float maximum = 127 * 65536.0f, least = 0x1p-100f;
    __m512i bits = _mm512_setzero_si512();
    for (Index k = 0; k < group; k += 16)
        bits = _mm512_maskz_max_epi32(
            all_sixteen, bits, _mm512_and_si512(_mm512_loadu_si512(x + k), _mm512_set1_epi32(0x7fffffff)));
    std::int32_t each[16], top = 0;
    _mm512_storeu_si512(each, bits);
    for (const std::int32_t b : each) top = b > top ? b : top;
    float largest = 0;
    std::memcpy(&largest, &top, sizeof(largest));
    largest = largest < least ? least : largest;
    to.scale = largest / maximum;
    const __m512 factor = _mm512_set1_ps(maximum / largest);
    const __m512i fours = _mm512_setr_epi32(0, 4, 8, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
    for (Index k = 0; k < group; k += 16) {
        const __m512i v =
            _mm512_maskz_cvtps_epi32(all_sixteen, _mm512_mul_ps(_mm512_loadu_ps(x + k), factor));
        const __m512i third =
            _mm512_maskz_srai_epi32(all_sixteen, _mm512_maskz_slli_epi32(all_sixteen, v, 24), 24);
        const __m512i rest = _mm512_maskz_srai_epi32(all_sixteen, _mm512_sub_epi32(v, third), 8);
        const __m512i second =
            _mm512_maskz_srai_epi32(all_sixteen, _mm512_maskz_slli_epi32(all_sixteen, rest, 24), 24);
        const __m512i first = _mm512_maskz_srai_epi32(all_sixteen, _mm512_sub_epi32(rest, second), 8);
        _mm_store_si128(reinterpret_cast<__m128i*>(to.first + k),
                        _mm512_maskz_cvtepi32_epi8(all_sixteen, first));
        _mm_store_si128(reinterpret_cast<__m128i*>(to.second + k),
                        _mm512_maskz_cvtepi32_epi8(all_sixteen, second));
        _mm_store_si128(reinterpret_cast<__m128i*>(to.third + k),
                        _mm512_maskz_cvtepi32_epi8(all_sixteen, third));
        const __m512i pairs = _mm512_add_epi32(v, _mm512_maskz_shuffle_epi32(all_sixteen, v, _MM_PERM_CDAB));
        const __m512i sums =
            _mm512_add_epi32(pairs, _mm512_maskz_shuffle_epi32(all_sixteen, pairs, _MM_PERM_BADC));
        const __m512 four = _mm512_mul_ps(
            _mm512_maskz_cvtepi32_ps(all_sixteen, _mm512_maskz_permutexvar_epi32(all_sixteen, fours, sums)),
            _mm512_set1_ps(to.scale));
        _mm512_mask_storeu_ps(to.sum + k / 4, 0xF, four);
    }
}

/// Adds the contribution of 64 values of a row of w.
template <class Reader, int rows, int part>
COCO_BYTES __attribute__((always_inline)) inline void add_group(const std::uint8_t* w,
                                                                const typename Reader::Header& header,
                                                                const Group* x, Index stride, __m512* sum,
                                                                __m512* moved) {
    Quanta quanta;
    Reader::template read<part>(w, header, quanta);
    for (int i = 0; i < rows; ++i) {
        const Group& g = x[i * stride];
        const __m512i zero = _mm512_setzero_si512();
        const __m512i first = _mm512_dpbusd_epi32(zero, quanta.q, _mm512_load_si512(g.first)),
                      second = _mm512_dpbusd_epi32(zero, quanta.q, _mm512_load_si512(g.second)),
                      third = _mm512_dpbusd_epi32(zero, quanta.q, _mm512_load_si512(g.third));
        const __m512 upper = _mm512_maskz_cvtepi32_ps(
            all_sixteen, _mm512_add_epi32(_mm512_maskz_slli_epi32(all_sixteen, first, 8), second));
        const __m512 product =
            _mm512_fmadd_ps(upper, _mm512_set1_ps(256), _mm512_maskz_cvtepi32_ps(all_sixteen, third));
        sum[i] = _mm512_fmadd_ps(product, _mm512_mul_ps(quanta.scale, _mm512_set1_ps(g.scale)), sum[i]);
        moved[i] = _mm512_fmadd_ps(_mm512_load_ps(g.sum), quanta.low, moved[i]);
    }
}

/// to[i] = x_i . w for `rows` rows x_i of `groups` groups, `stride` apart.
template <class Reader, int rows>
COCO_BYTES void dots(const std::uint8_t* w, Index groups, const Group* x, Index stride, float* to) {
    constexpr Index parts = Reader::values / group;
    __m512 sum[std::size_t{rows}], moved[std::size_t{rows}];
    for (int i = 0; i < rows; ++i) sum[i] = moved[i] = _mm512_setzero_ps();
    for (Index g = 0; g < groups; g += parts, w += Reader::bytes) {
        // Blocks are not aligned to cache lines, and the hardware prefetcher alone is not sufficient.
        for (Index ahead = 0; ahead < Reader::bytes; ahead += 64) __builtin_prefetch(w + prefetch + ahead);
        const typename Reader::Header header = Reader::header(w);
        add_group<Reader, rows, 0>(w, header, x + g, stride, sum, moved);
        if constexpr (parts == 4) {
            add_group<Reader, rows, 1>(w, header, x + g + 1, stride, sum, moved);
            add_group<Reader, rows, 2>(w, header, x + g + 2, stride, sum, moved);
            add_group<Reader, rows, 3>(w, header, x + g + 3, stride, sum, moved);
        }
    }
    alignas(64) float lane[16];
    for (int i = 0; i < rows; ++i) {
        _mm512_store_ps(lane, _mm512_fmadd_ps(moved[i], _mm512_set1_ps(Reader::middle), sum[i]));
        for (int width = 8; width > 0; width /= 2)
            for (int k = 0; k < width; ++k) lane[k] += lane[k + width];
        to[i] = lane[0];
    }
}

/// out (+)= x w' for at most `max_rows` rows; returns false where x, w or the processor does not allow it.
inline bool multiply(Pool& pool, View<const float, space::Host> x, const Stored<space::Host>& w,
                     View<float, space::Host> out, bool add) {
    using Dots = void (*)(const std::uint8_t*, Index, const Group*, Index, float*);
    if (x.rows > max_rows || w.cols % group != 0 || !available()) return false;
    Dots dot = nullptr;
    with_bytes(w.type, [&]<class Reader>() { dot = x.rows == 1 ? dots<Reader, 1> : dots<Reader, max_rows>; });
    if (!dot) return false;
    const Index groups = w.cols / group;
    const Scratch scratch;
    Group* const digits = scratch.take<Group>(max_rows * groups);
    for (Index i = 0; i < max_rows; ++i)
        for (Index g = 0; g < groups && (i == 0 || x.rows > 1); ++g)
            write(x.row(std::min(i, x.rows - 1)) + g * group, digits[i * groups + g]);
    // Captured by value, and the row length is computed once: a row takes less than 100 ns.
    by_dots<max_rows>(pool, out, add,
                      [=, first = reinterpret_cast<const std::uint8_t*>(w.data), bytes = w.row_bytes()](
                          Index c, float* sums) { dot(first + c * bytes, groups, digits, groups, sums); });
    return true;
}

#else

inline bool multiply(Pool&, View<const float, space::Host>, const Stored<space::Host>&,
                     View<float, space::Host>, bool) {
    return false;
}

#endif

}  // namespace digits
}  // namespace COCO_INSTRUCTION_SET
}  // namespace coco::host
