// SPDX-License-Identifier: Apache-2.0
/// \file
/// The semantic columns of a catalogue, as a run takes them.
#pragma once

#include <string>
#include <vector>

#include <coco/core/types.hpp>

namespace experiment {

/// Made by `semantic_columns` (material.hpp).
struct SemanticColumns {
    std::vector<float> kappa;  ///< items x columns; empty for a plain table
    std::vector<float> read;   ///< the same of items in histories; empty where it is kappa
    coco::Index columns = 0;
    std::string space;  ///< digest of their space
    coco::Index text_layer = 0;
    double shrink = 0;
    /// Tokens of each item's line; empty where columns are not learned further.
    std::vector<std::vector<coco::Id>> tokens;
};

}  // namespace experiment
