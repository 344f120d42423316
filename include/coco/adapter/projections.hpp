// SPDX-License-Identifier: Apache-2.0
/// \file
/// What an adapter may change in a language model: the linear maps of each layer.
#pragma once

#include <array>

#include <coco/core/settings.hpp>
#include <coco/store/view.hpp>

namespace coco::adapter {

/// A linear map of a layer: the four of the attention, the three of the gated feed-forward.
enum class Projection : int { query, key, value, output, gate, up, down };
inline auto names_of(Projection) {
    return std::array{NameOf{Projection::query, "query"}, NameOf{Projection::key, "key"},
                      NameOf{Projection::value, "value"}, NameOf{Projection::output, "output"},
                      NameOf{Projection::gate, "gate"},   NameOf{Projection::up, "up"},
                      NameOf{Projection::down, "down"}};
}

inline constexpr std::array<Projection, 7> projections{
    Projection::query, Projection::key, Projection::value, Projection::output,
    Projection::gate,  Projection::up,  Projection::down};

/// Sizes of the maps, the same in every layer used.
struct Sizes {
    Index layers = 0;
    Index width = 0;                      ///< of the rows between layers
    Index query = 0, key = 0, value = 0;  ///< of their projections: heads times the width of a head
    Index hidden = 0;                     ///< of the gated feed-forward

    /// Columns of a map's input.
    Index in(Projection p) const {
        return p == Projection::output ? query : p == Projection::down ? hidden : width;
    }
    /// Columns of a map's output.
    Index out(Projection p) const {
        switch (p) {
            case Projection::query:
                return query;
            case Projection::key:
                return key;
            case Projection::value:
                return value;
            case Projection::gate:
            case Projection::up:
                return hidden;
            case Projection::output:
            case Projection::down:
                break;
        }
        return width;
    }
};

}  // namespace coco::adapter
