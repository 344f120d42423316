// SPDX-License-Identifier: Apache-2.0
/// \file
/// Products of bfloat16 with sums in float, where the processor supports them (AVX-512 BF16): two terms per
/// element and instruction. Selected at run time, whatever the compile target.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include <coco/core/half.hpp>
#include <coco/exec/primitives.hpp>
#include <coco/host/across.hpp>
#include <coco/host/bfloat_panels.hpp>
#include <coco/host/for_each_row.hpp>
#include <coco/host/panels.hpp>
#include <coco/host/pool.hpp>
#include <coco/host/scratch.hpp>
#include <coco/store/stored.hpp>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#if defined(__CUDACC__)
// nvcc passes the pragmas below to the host compiler, but warns that it does not recognise them.
#pragma nv_diagnostic push
#pragma nv_diag_suppress 1675
#endif

namespace coco::host {
inline namespace COCO_INSTRUCTION_SET {
namespace bfloat {

/// Steps (pairs) of a panel that are multiplied in one pass.
inline constexpr Index max_pairs = 1024;

#if defined(__x86_64__)

/// Whether this processor has products of bfloat16.
inline bool available() {
    static const bool yes = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bf16");
    return yes;
}

/// out (+)= a p for M rows; `mask` selects the valid columns of the last vector.
/// \param a  the pairs of a row are contiguous, rows are `a_row` values apart
/// \param p  pairs x width x 2
/// \tparam pitch  pairs from one step to the next
/// \tparam ahead  a is read from memory: its next rows are prefetched
template <int M, int N, int pitch, bool ahead>
__attribute__((target("avx512f,avx512bf16"))) void block(const std::uint16_t* a, Index a_row,
                                                         const std::uint16_t* p, Index pairs, float* out,
                                                         Index out_row, std::uint16_t mask, bool add) {
    __m512 sum[std::size_t{M}][std::size_t{N}];
#pragma GCC unroll 8
    for (int i = 0; i < M; ++i)
#pragma GCC unroll 8
        for (int j = 0; j < N; ++j) sum[i][j] = _mm512_setzero_ps();
    for (Index k = 0; k < pairs; ++k, a += 2, p += 2 * pitch) {
        if constexpr (ahead)
            if (k % 16 == 0)
#pragma GCC unroll 8
                for (int i = 0; i < M; ++i) __builtin_prefetch(a + (M + i) * a_row);
        __m512bh line[std::size_t{N}];
#pragma GCC unroll 8
        for (int j = 0; j < N; ++j) line[j] = reinterpret_cast<__m512bh>(_mm512_loadu_si512(p + 32 * j));
#pragma GCC unroll 8
        for (int i = 0; i < M; ++i) {
            int pair = 0;
            std::memcpy(&pair, a + i * a_row, sizeof(pair));
            const __m512bh x = reinterpret_cast<__m512bh>(_mm512_set1_epi32(pair));
#pragma GCC unroll 8
            for (int j = 0; j < N; ++j) sum[i][j] = _mm512_dpbf16_ps(sum[i][j], x, line[j]);
        }
    }
#pragma GCC unroll 8
    for (int i = 0; i < M; ++i)
#pragma GCC unroll 8
        for (int j = 0; j < N; ++j) {
            float* const to = out + i * out_row + 16 * j;
            const __mmask16 there = j + 1 < N ? __mmask16(0xFFFF) : __mmask16(mask);
            if (add) sum[i][j] = _mm512_add_ps(sum[i][j], _mm512_maskz_loadu_ps(there, to));
            _mm512_mask_storeu_ps(to, there, sum[i][j]);
        }
}

/// All rows of a part of a panel, N vectors wide.
template <int N, int pitch = width, bool ahead = false>
__attribute__((target("avx512f,avx512bf16"))) void stripe(const std::uint16_t* a, Index a_row,
                                                          const std::uint16_t* p, Index pairs,
                                                          View<float, space::Host> out, std::uint16_t mask,
                                                          bool add) {
    Index i = 0;
    for (; i + 6 <= out.rows; i += 6)
        block<6, N, pitch, ahead>(a + i * a_row, a_row, p, pairs, out.row(i), out.stride, mask, add);
    for (; i + 2 <= out.rows; i += 2)
        block<2, N, pitch, ahead>(a + i * a_row, a_row, p, pairs, out.row(i), out.stride, mask, add);
    if (i < out.rows)
        block<1, N, pitch, ahead>(a + i * a_row, a_row, p, pairs, out.row(i), out.stride, mask, add);
}

/// out (+)= a p, where `out` is at most one panel wide.
inline void panel(const std::uint16_t* a, Index a_row, const std::uint16_t* p, Index pairs,
                  View<float, space::Host> out, bool add) {
    const Index vectors = (out.cols + 15) / 16, last = out.cols - (vectors - 1) * 16;
    const std::uint16_t mask = static_cast<std::uint16_t>((1u << last) - 1);
    for (Index k = 0; k == 0 || k < pairs; k += max_pairs) {
        const Index some = std::min(max_pairs, pairs - k);
        const bool more = add || k > 0;
        const std::uint16_t* const from = p + k * 2 * width;
        if (vectors == 4)
            stripe<4>(a + 2 * k, a_row, from, some, out, mask, more);
        else if (vectors == 3)
            stripe<3>(a + 2 * k, a_row, from, some, out, mask, more);
        else if (vectors == 2)
            stripe<2>(a + 2 * k, a_row, from, some, out, mask, more);
        else
            stripe<1>(a + 2 * k, a_row, from, some, out, mask, more);
    }
}

/// out (+)= x w' for rows that N vectors hold side by side; the rows of w are the left factor, read in place.
///
/// \param x  count x w.cols, an even number of columns
template <int N>
void across(Pool& pool, const std::uint16_t* x, Index count, const Stored<space::Host>& w,
            View<float, space::Host> out, bool add) {
    constexpr int wide = 16 * N;
    const Index pairs = w.cols / 2;
    const Scratch scratch;
    std::uint32_t* const side = scratch.take<std::uint32_t>(pairs * wide);
    std::fill(side, side + pairs * wide, 0u);
    for (Index i = 0; i < count; ++i)
        for (Index k = 0; k < pairs; ++k) std::memcpy(side + k * wide + i, x + (i * pairs + k) * 2, 4);
    turned<float>(pool, out, wide, add, [&](Index first, Index rows, float* sums) {
        const auto* const from = reinterpret_cast<const std::uint16_t*>(w.row(first));
        for (Index k = 0; k < pairs; k += max_pairs)
            stripe<N, wide, true>(from + 2 * k, w.cols,
                                  reinterpret_cast<const std::uint16_t*>(side + k * wide),
                                  std::min(max_pairs, pairs - k), {sums, rows, wide}, 0xFFFF, k > 0);
    });
}

#else

inline bool available() { return false; }
template <int>
void across(Pool&, const std::uint16_t*, Index, const Stored<space::Host>&, View<float, space::Host>, bool) {}
inline void panel(const std::uint16_t*, Index, const std::uint16_t*, Index, View<float, space::Host>, bool) {}

#endif

/// out (+)= x w' (transposed) or x w, with w in bfloat16 and x rounded to bfloat16.
inline void multiply(Pool& pool, View<const float, space::Host> x, const Stored<space::Host>& w, Op op,
                     View<float, space::Host> out, bool add) {
    const Index depth = x.cols, pairs = (depth + 1) / 2;
    const Scratch scratch;
    std::uint16_t* const narrow = scratch.take<std::uint16_t>(x.rows * 2 * pairs);
    for_each_row<float>(pool, x.rows, depth, [=](Index i, const Row<float>&) {
        std::uint16_t* const to = narrow + i * 2 * pairs;
        const float* const from = x.row(i);
        for (Index k = 0; k < depth; ++k) to[k] = float_to_bfloat(from[k]);
        if (depth % 2 != 0) to[depth] = 0;
    });
    if (op == Op::transposed && x.rows <= few_rows && depth % 2 == 0)
        return x.rows <= 16 ? across<1>(pool, narrow, x.rows, w, out, add)
                            : across<2>(pool, narrow, x.rows, w, out, add);
    by_panels<std::uint32_t>(
        pool, out, width, pairs * width, 1,
        [&](Index column, Index count, std::uint32_t* to) {
            op == Op::transposed ? pack_transposed(w, column, count, to) : pack_plain(w, column, count, to);
        },
        [&](Index row, const std::uint32_t* p, View<float, space::Host> part) {
            panel(narrow + row * 2 * pairs, 2 * pairs, reinterpret_cast<const std::uint16_t*>(p), pairs, part,
                  add);
        });
}

}  // namespace bfloat
}  // namespace COCO_INSTRUCTION_SET
}  // namespace coco::host

#if defined(__CUDACC__)
#pragma nv_diagnostic pop
#endif
