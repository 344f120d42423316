// SPDX-License-Identifier: Apache-2.0
/// \file
/// Processes large tensors in slices of rows, so that a conversion to another type needs only one slice of
/// extra memory beside the result.
#pragma once

#include <algorithm>

#include <coco/core/types.hpp>

namespace coco::io {

/// Calls f(first, count) for consecutive slices of rows, about 2^20 numbers each.
template <class F>
void by_slices(Index rows, Index cols, const F& f) {
    const Index maximum = std::max<Index>(1, (Index{1} << 20) / std::max<Index>(1, cols));
    for (Index first = 0; first < rows; first += maximum) f(first, std::min(maximum, rows - first));
}

}  // namespace coco::io
