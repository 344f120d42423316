// SPDX-License-Identifier: Apache-2.0
/// \file
/// Checks that values are finite: one NaN in a weight would spread to every result.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include <coco/core/error.hpp>
#include <coco/core/types.hpp>

namespace coco::io {

/// \throws Error naming `where`, row and column of the first infinite value or NaN
/// \param columns    per row, at least 1     \param first_row  the number of the first row in `values`
inline void require_finite(std::span<const float> values, Index columns, const std::string& where,
                           Index first_row = 0) {
    for (std::size_t i = 0; i < values.size(); ++i) {
        // The exponent bits are tested directly, so that -ffast-math has no influence on the check.
        if ((std::bit_cast<std::uint32_t>(values[i]) & 0x7f800000u) != 0x7f800000u) continue;
        const Index at = static_cast<Index>(i);
        throw Error(where, "value is not finite", {},
                    text_of("row ", first_row + at / columns, ", column ", at % columns));
    }
}

}  // namespace coco::io
