// SPDX-License-Identifier: Apache-2.0
/// \file
/// The row of a matrix that is nearest to a point, by exact squared distances.
#pragma once

#include <algorithm>
#include <cstddef>
#include <limits>
#include <span>
#include <vector>

#include <coco/core/types.hpp>

namespace coco::statistics {

/// A row and its squared distance to a point.
struct Nearest {
    std::size_t row = 0;
    float distance = std::numeric_limits<float>::max();
};

/// Rows to be searched, many times. They are held column by column in groups of `lanes`, so that the loop
/// over a group's rows is one of vector instructions, while each distance is summed in the order of the
/// columns: it has the bits of the plain loop, and equal points have equal answers.
class NearestRow {
public:
    /// \param rows  count x width, row-major, count at least 1
    NearestRow(std::span<const float> rows, Index width)
        : width_(static_cast<std::size_t>(width)), count_(rows.size() / width_) {
        columns_.resize((count_ + lanes - 1) / lanes * lanes * width_);
        for (std::size_t i = 0; i < count_; ++i)
            for (std::size_t j = 0; j < width_; ++j)
                columns_[(i / lanes * width_ + j) * lanes + i % lanes] = rows[i * width_ + j];
    }

    /// The nearest row, the first among equals. \param point  width numbers
    Nearest operator()(std::span<const float> point) const {
        Nearest best;
        for (std::size_t first = 0; first < count_; first += lanes) {
            float sum[lanes] = {};
            const float* at = columns_.data() + first * width_;
            for (std::size_t j = 0; j < width_; ++j, at += lanes) {
                const float x = point[j];
                for (std::size_t l = 0; l < lanes; ++l) {
                    const float d = x - at[l];
                    sum[l] += d * d;
                }
            }
            for (std::size_t l = 0; l < std::min(lanes, count_ - first); ++l)
                if (sum[l] < best.distance) best = {first + l, sum[l]};
        }
        return best;
    }

private:
    static constexpr std::size_t lanes = 32;

    std::size_t width_, count_;
    std::vector<float> columns_;  ///< groups x width x lanes
};

}  // namespace coco::statistics
