// SPDX-License-Identifier: Apache-2.0
/// \file
/// What an adapter may change in a language model: the query, key and value projections of each layer.
#pragma once

#include <coco/store/view.hpp>

namespace coco::adapter {

/// Sizes of the projections, the same in every layer used.
struct Sizes {
    Index layers = 0;
    Index width = 0;                      ///< of the rows that are projected
    Index query = 0, key = 0, value = 0;  ///< of their projections: heads times the width of a head
};

/// A layer's projections of the same rows: rows x Sizes::query, key, value. `View` is `Rows<P>` or
/// `CRows<P>`.
template <class Matrix>
struct Projections {
    Matrix query, key, value;
};

}  // namespace coco::adapter
