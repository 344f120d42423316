// SPDX-License-Identifier: Apache-2.0
/// \file
/// The random bits for the dropout of one row, many columns at once.
#pragma once

#include <cstdint>

#include <coco/exec/primitives.hpp>

namespace coco::nn {

/// Calls visit(j, bits of column j) for the columns j < cols of a row, in any order; bits as defined by
/// `DropoutKey`. If the SIMD lanes of one thread process a row, sixteen Philox calls are made together, which
/// takes a quarter of the time. `visit` should capture what it reads by value: g++ must otherwise assume that
/// its writes alias the captured values.
template <class Row, class Visit>
COCO_HD COCO_INLINE void for_each_random_bits(const Row& row, const DropoutKey key, Id row_key, Index cols,
                                              const Visit& visit) {
    constexpr bool by_lanes = requires { Row::lanes; };
    constexpr int calls = by_lanes ? 16 : 1;
    constexpr Index width = 8 * calls;
    row.each((cols + width - 1) / width, [&](Index part) {
        std::uint32_t drawn[4][calls], in_order[4 * calls];
        for (int c = 0; c < calls; ++c) {
            const Quad quad = key.bits(row_key, part * calls + c);
            for (int w = 0; w < 4; ++w) drawn[w][c] = quad.word[w];
        }
        for (int c = 0; c < calls; ++c)
            for (int w = 0; w < 4; ++w) in_order[4 * c + w] = drawn[w][c];
        std::uint16_t bits[width];  // low half first: little-endian, as all supported machines are
        __builtin_memcpy(bits, in_order, sizeof(bits));
        const Index at = part * width, count = cols - at < width ? cols - at : width;
        for (Index j = 0; j < count; ++j) visit(at + j, bits[j]);
    });
}

}  // namespace coco::nn
