// SPDX-License-Identifier: Apache-2.0
/// \file
/// The random bits for the dropout of one row, many columns at once.
#pragma once

#include <cstddef>
#include <cstdint>

#include <coco/exec/primitives.hpp>

namespace coco::nn {

/// Bits of the 8 * calls columns from part * 8 * calls on, drawn by `calls` Philox calls side by side.
/// Not inlined: ten rounds of sixteen lanes are long to compile, and all kernels draw alike.
template <int calls>
[[gnu::noinline]] COCO_HD void draw_part(const DropoutKey& key, Id row_key, Index part, std::uint16_t* bits) {
    std::uint32_t drawn[4][std::size_t{calls}], in_order[std::size_t{4 * calls}];
    for (int c = 0; c < calls; ++c) {
        const Quad quad = key.bits(row_key, part * calls + c);
        for (int w = 0; w < 4; ++w) drawn[w][c] = quad.word[w];
    }
    for (int c = 0; c < calls; ++c)
        for (int w = 0; w < 4; ++w) in_order[4 * c + w] = drawn[w][c];
    __builtin_memcpy(bits, in_order, sizeof(in_order));  // low half first, as on every machine this runs on
}

/// Calls visit(j, bits of column j) for the columns j < cols of a row, in any order; bits as `DropoutKey`
/// says. Where lanes of one thread do a row they draw sixteen Philox calls together, which takes a quarter of
/// the time; `visit` should hold what it reads by value, or its writes might change it as far as g++ can
/// tell.
template <class Row, class Visit>
COCO_HD COCO_INLINE void for_each_random_bits(const Row& row, const DropoutKey key, Id row_key, Index cols,
                                              const Visit& visit) {
    if constexpr (requires { Row::lanes; }) {
        constexpr Index width = 128;
        std::uint16_t bits[width];
        for (Index at = 0; at < cols; at += width) {
            draw_part<width / 8>(key, row_key, at / width, bits);
            const Index count = cols - at < width ? cols - at : width;
            for (Index j = 0; j < count; ++j) visit(at + j, bits[j]);
        }
    } else {
        row.each((cols + 7) / 8, [&](Index part) {
            const Quad quad = key.bits(row_key, part);
            std::uint16_t bits[8];
            __builtin_memcpy(bits, quad.word, sizeof(bits));
            const Index at = part * 8, count = cols - at < 8 ? cols - at : 8;
            for (Index j = 0; j < count; ++j) visit(at + j, bits[j]);
        });
    }
}

}  // namespace coco::nn
