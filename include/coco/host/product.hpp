// SPDX-License-Identifier: Apache-2.0
/// \file
/// The small product inside the fused primitives: c (+)= a b, where vectors can read the rows of b, and a is
/// read element by element, with any stride. Blocks of six rows by four vectors stay in registers; nothing is
/// packed or copied here.
#pragma once

#include <algorithm>
#include <cstddef>

#include <coco/core/types.hpp>

#if defined(__FMA__) || defined(__AVX512F__)
#include <immintrin.h>
#endif

#if defined(__CUDACC__)
// nvcc passes the pragmas below to the host compiler, but warns that it does not recognise them.
#pragma nv_diagnostic push
#pragma nv_diag_suppress 1675
#endif

namespace coco::host {
inline namespace COCO_INSTRUCTION_SET {

#if defined(__AVX512F__)
inline constexpr Index vector_bytes = 64;
inline constexpr int block_rows = 6, block_vectors = 4;
#elif defined(__AVX__)
inline constexpr Index vector_bytes = 32;
inline constexpr int block_rows = 6, block_vectors = 2;
#else
inline constexpr Index vector_bytes = 16;
inline constexpr int block_rows = 6, block_vectors = 2;
#endif

/// Elements of a vector; widths that `product` writes are multiples of it.
template <class T>
inline constexpr Index lanes = vector_bytes / static_cast<Index>(sizeof(T));

/// Width of a register block in elements.
template <class T>
inline constexpr Index block_width = block_vectors* lanes<T>;

/// n rounded up to whole vectors.
template <class T>
constexpr Index padded(Index n) {
    return (n + lanes<T> - 1) / lanes<T> * lanes<T>;
}

/// sum += a b, for vectors of `vector_bytes`, fused where the processor can. Left to itself g++ fuses in
/// blocks of several rows and not in blocks of one (it avoids chains of fused operations on some processors):
/// the same row then has other bits beside other rows.
#if defined(__AVX512F__)
template <class Vector>
COCO_INLINE void fused(float a, const Vector& b, Vector& sum) {
    sum = _mm512_fmadd_ps(_mm512_set1_ps(a), b, sum);
}
template <class Vector>
COCO_INLINE void fused(double a, const Vector& b, Vector& sum) {
    sum = _mm512_fmadd_pd(_mm512_set1_pd(a), b, sum);
}
#elif defined(__FMA__)
template <class Vector>
COCO_INLINE void fused(float a, const Vector& b, Vector& sum) {
    sum = _mm256_fmadd_ps(_mm256_set1_ps(a), b, sum);
}
template <class Vector>
COCO_INLINE void fused(double a, const Vector& b, Vector& sum) {
    sum = _mm256_fmadd_pd(_mm256_set1_pd(a), b, sum);
}
#else
template <class T, class Vector>
COCO_INLINE void fused(T a, const Vector& b, Vector& sum) {
    sum += a * b;
}
#endif

/// A matrix whose elements are read one at a time: element (i, k) is at i * row + k * step.
template <class T>
struct Factor {
    const T* data;
    Index row, step;
};

/// c(i, j) (+)= sum over k < depth of a(i, k) b(k, j), for M rows and N vectors of columns.
template <class T, int M, int N>
void block(Factor<T> a, const T* b, Index b_row, Index depth, T* c, Index c_row, bool add) {
    typedef T Vector __attribute__((vector_size(vector_bytes)));
    typedef T Loose __attribute__((vector_size(vector_bytes), aligned(sizeof(T)), may_alias));
    Vector sum[std::size_t{M}][std::size_t{N}];
#pragma GCC unroll 8
    for (int i = 0; i < M; ++i)
#pragma GCC unroll 8
        for (int j = 0; j < N; ++j) sum[i][j] = Vector{};
    const T* at = a.data;
    for (Index k = 0; k < depth; ++k, at += a.step, b += b_row) {
        // One vector of columns: a is the large factor and comes from memory; its next rows are prefetched.
        if constexpr (N == 1)
            if (k % 16 == 0)
#pragma GCC unroll 8
                for (int i = 0; i < M; ++i) __builtin_prefetch(at + (M + i) * a.row);
        Vector line[std::size_t{N}];
#pragma GCC unroll 8
        for (int j = 0; j < N; ++j) line[j] = *reinterpret_cast<const Loose*>(b + j * lanes<T>);
#pragma GCC unroll 8
        for (int i = 0; i < M; ++i)
#pragma GCC unroll 8
            for (int j = 0; j < N; ++j) fused(at[i * a.row], line[j], sum[i][j]);
    }
#pragma GCC unroll 8
    for (int i = 0; i < M; ++i)
#pragma GCC unroll 8
        for (int j = 0; j < N; ++j) {
            Loose* const out = reinterpret_cast<Loose*>(c + i * c_row + j * lanes<T>);
            *out = add ? *out + sum[i][j] : sum[i][j];
        }
}

/// All rows of one stripe of columns, N vectors wide.
template <class T, int N>
void stripe(Index rows, Index depth, Factor<T> a, const T* b, Index b_row, T* c, Index c_row, bool add) {
    Index i = 0;
    const auto from = [&](Index r) { return Factor<T>{a.data + r * a.row, a.row, a.step}; };
    for (; i + block_rows <= rows; i += block_rows)
        block<T, block_rows, N>(from(i), b, b_row, depth, c + i * c_row, c_row, add);
    for (; i + 2 <= rows; i += 2) block<T, 2, N>(from(i), b, b_row, depth, c + i * c_row, c_row, add);
    if (i < rows) block<T, 1, N>(from(i), b, b_row, depth, c + i * c_row, c_row, add);
}

/// c (+)= a b. The order in which an element is summed depends on `depth` alone.
/// \param a     rows x depth
/// \param b     depth x cols, rows `b_row` apart
/// \param c     rows x cols, rows `c_row` apart
/// \param cols  a multiple of `lanes`; b and c are read and written to this width
template <class T>
void product(Index rows, Index cols, Index depth, Factor<T> a, const T* b, Index b_row, T* c, Index c_row,
             bool add) {
    // As many steps of b, one block wide, as stay in the second-level cache (256 KiB); every further part
    // adds to c again.
    constexpr Index maximum = 1024;
    for (Index k = 0; k == 0 || k < depth; k += maximum) {
        const Index steps = std::min(maximum, depth - k);
        const Factor<T> part{a.data + k * a.step, a.row, a.step};
        const T* const line = b + k * b_row;
        const bool more = add || k > 0;
        Index j = 0;
        for (; j + block_width<T> <= cols; j += block_width<T>)
            stripe<T, block_vectors>(rows, steps, part, line + j, b_row, c + j, c_row, more);
        for (; j + 2 * lanes<T> <= cols; j += 2 * lanes<T>)
            stripe<T, 2>(rows, steps, part, line + j, b_row, c + j, c_row, more);
        for (; j < cols; j += lanes<T>) stripe<T, 1>(rows, steps, part, line + j, b_row, c + j, c_row, more);
    }
}

}  // namespace COCO_INSTRUCTION_SET
}  // namespace coco::host

#if defined(__CUDACC__)
#pragma nv_diagnostic pop
#endif
