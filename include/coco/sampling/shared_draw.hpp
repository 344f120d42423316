// SPDX-License-Identifier: Apache-2.0
/// \file
/// What an objective asks for in negatives that all targets of a batch share.
#pragma once

#include <array>
#include <cstdint>

#include <coco/core/settings.hpp>
#include <coco/core/types.hpp>

namespace coco {

/// Where shared negatives come from.
enum class DrawnFrom : std::uint8_t {
    uniform,     ///< every item alike
    popularity,  ///< an item as often as it is a train target
    in_batch     ///< the targets of the batch itself, which are items by popularity too
};
inline auto names_of(DrawnFrom) {
    return std::array{NameOf{DrawnFrom::uniform, "uniform"}, NameOf{DrawnFrom::popularity, "popularity"},
                      NameOf{DrawnFrom::in_batch, "in_batch"}};
}

/// How many a batch holds, and of which kind.
struct SharedDraw {
    Index count = 0;  ///< 0: none
    DrawnFrom from = DrawnFrom::uniform;
};

}  // namespace coco
