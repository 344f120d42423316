// SPDX-License-Identifier: Apache-2.0
/// \file
/// Large tensors a stretch of rows at a time: who turns one into another type needs room for no more than
/// that beside what stays.
#pragma once

#include <algorithm>

#include <coco/core/types.hpp>

namespace coco::io {

/// Calls f(first, count) for stretches of rows, one after the other, of some 2^20 numbers each.
template <class F>
void by_slices(Index rows, Index cols, const F& f) {
    const Index maximum = std::max<Index>(1, (Index{1} << 20) / std::max<Index>(1, cols));
    for (Index first = 0; first < rows; first += maximum) f(first, std::min(maximum, rows - first));
}

}  // namespace coco::io
