// SPDX-License-Identifier: Apache-2.0
/// \file
/// Matrices of bfloat16 laid out for products: panels of columns, with the values of two steps side by side
/// as a pair.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>

#include <coco/store/stored.hpp>
#include <coco/store/view.hpp>

#if defined(__CUDACC__)
// nvcc passes the pragmas below to the host compiler, but warns that it does not recognise them.
#pragma nv_diagnostic push
#pragma nv_diag_suppress 1675
#endif

namespace coco::host {
inline namespace COCO_INSTRUCTION_SET {
namespace bfloat {

/// Columns of a panel: four vectors of pairs.
inline constexpr Index width = 64;

#if defined(__x86_64__)

/// Sixteen pairs.
typedef std::uint32_t Pairs __attribute__((vector_size(64)));

/// Transposes sixteen rows of sixteen pairs, `stride` bytes apart, into sixteen lines of a panel. Rounds of
/// exchanges: first of pairs, then of two pairs within quarters of a vector, then of the quarters themselves.
__attribute__((target("avx512f"))) inline void turn(const std::byte* from, Index stride, std::uint32_t* to) {
    Pairs a[16], b[16];
#pragma GCC unroll 16
    for (int i = 0; i < 16; ++i) std::memcpy(&a[i], from + i * stride, sizeof(Pairs));
#pragma GCC unroll 8
    for (int i = 0; i < 16; i += 2) {
        b[i] =
            __builtin_shufflevector(a[i], a[i + 1], 0, 16, 1, 17, 4, 20, 5, 21, 8, 24, 9, 25, 12, 28, 13, 29);
        b[i + 1] = __builtin_shufflevector(a[i], a[i + 1], 2, 18, 3, 19, 6, 22, 7, 23, 10, 26, 11, 27, 14, 30,
                                           15, 31);
    }
    // Afterwards quarter c of a[r + m] is column 4 c + m of rows r .. r + 3.
#pragma GCC unroll 4
    for (int r = 0; r < 16; r += 4)
#pragma GCC unroll 2
        for (int m = 0; m < 2; ++m) {
            a[r + 2 * m] = __builtin_shufflevector(b[r + m], b[r + m + 2], 0, 1, 16, 17, 4, 5, 20, 21, 8, 9,
                                                   24, 25, 12, 13, 28, 29);
            a[r + 2 * m + 1] = __builtin_shufflevector(b[r + m], b[r + m + 2], 2, 3, 18, 19, 6, 7, 22, 23, 10,
                                                       11, 26, 27, 14, 15, 30, 31);
        }
#pragma GCC unroll 4
    for (int m = 0; m < 4; ++m)
#pragma GCC unroll 2
        for (int odd = 0; odd < 2; ++odd) {
            // Quarters 0 and 2, or 1 and 3, of the upper eight rows and of the lower eight.
            const Pairs upper = odd ? __builtin_shufflevector(a[m], a[m + 4], 4, 5, 6, 7, 12, 13, 14, 15, 20,
                                                              21, 22, 23, 28, 29, 30, 31)
                                    : __builtin_shufflevector(a[m], a[m + 4], 0, 1, 2, 3, 8, 9, 10, 11, 16,
                                                              17, 18, 19, 24, 25, 26, 27),
                        lower = odd ? __builtin_shufflevector(a[m + 8], a[m + 12], 4, 5, 6, 7, 12, 13, 14, 15,
                                                              20, 21, 22, 23, 28, 29, 30, 31)
                                    : __builtin_shufflevector(a[m + 8], a[m + 12], 0, 1, 2, 3, 8, 9, 10, 11,
                                                              16, 17, 18, 19, 24, 25, 26, 27);
            const Pairs first = __builtin_shufflevector(upper, lower, 0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18,
                                                        19, 24, 25, 26, 27),
                        second = __builtin_shufflevector(upper, lower, 4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22,
                                                         23, 28, 29, 30, 31);
            std::memcpy(to + (m + 4 * odd) * width, &first, sizeof(Pairs));
            std::memcpy(to + (m + 4 * odd + 8) * width, &second, sizeof(Pairs));
        }
}

#else

inline void turn(const std::byte* from, Index stride, std::uint32_t* to) {
    for (Index i = 0; i < 16; ++i)
        for (Index k = 0; k < 16; ++k) std::memcpy(to + k * width + i, from + i * stride + 4 * k, 4);
}

#endif

/// Panels of w' for a matrix of bfloat16: neighbours in a row of w form a pair.
inline void pack_transposed(const Stored<space::Host>& w, Index column, Index count, std::uint32_t* to) {
    const Index pairs = (w.cols + 1) / 2, size = pairs * width;
    for (Index p = 0; p < count; ++p, column += width, to += size) {
        const Index some = std::min(width, w.rows - column);
        if (some < width) std::fill(to, to + size, 0u);
        const Index squares = some / 16 * 16, whole = w.cols / 32 * 16;
        for (Index c = 0; c < squares; c += 16)
            for (Index k = 0; k < whole; k += 16)
                turn(w.row(column + c) + 4 * k, w.row_bytes(), to + k * width + c);
        for (Index c = 0; c < some; ++c) {
            const std::byte* const row = w.row(column + c);
            for (Index k = c < squares ? whole : 0; k < w.cols / 2; ++k)
                std::memcpy(to + k * width + c, row + 4 * k, 4);
            if (w.cols % 2 != 0) {
                std::uint16_t last = 0;
                std::memcpy(&last, row + 2 * (w.cols - 1), 2);
                to[(pairs - 1) * width + c] = last;
            }
        }
    }
}

/// Panels of w: neighbours in a column form a pair.
inline void pack_plain(const Stored<space::Host>& w, Index column, Index count, std::uint32_t* to) {
    const Index pairs = (w.rows + 1) / 2, size = pairs * width;
    for (Index p = 0; p < count; ++p, column += width, to += size) {
        const Index some = std::min(width, w.cols - column);
        for (Index k = 0; k < pairs; ++k) {
            const auto* const upper = reinterpret_cast<const std::uint16_t*>(w.row(2 * k)) + column;
            const auto* const lower = 2 * k + 1 < w.rows
                                          ? reinterpret_cast<const std::uint16_t*>(w.row(2 * k + 1)) + column
                                          : nullptr;
            std::uint32_t* const line = to + k * width;
            for (Index c = 0; c < some; ++c)
                line[c] = upper[c] | (lower ? static_cast<std::uint32_t>(lower[c]) << 16 : 0u);
            std::fill(line + some, line + width, 0u);
        }
    }
}

}  // namespace bfloat
}  // namespace COCO_INSTRUCTION_SET
}  // namespace coco::host

#if defined(__CUDACC__)
#pragma nv_diagnostic pop
#endif
