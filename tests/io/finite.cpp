// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <limits>
#include <vector>

#include <coco/io/finite.hpp>

#include "support.hpp"

using Catch::Matchers::Contains;

TEST_CASE("values that are not finite are errors that name row and column") {
    using Limits = std::numeric_limits<float>;
    const std::vector<float> good{0.0f, -0.0f, Limits::max(), Limits::lowest(), Limits::denorm_min()};
    CHECK_NOTHROW(coco::io::require_finite(good, 1, "x"));
    for (float bad :
         {Limits::infinity(), -Limits::infinity(), Limits::quiet_NaN(), Limits::signaling_NaN()}) {
        std::vector<float> values(6);
        values[5] = bad;
        CHECK_THAT(support::error_of([&] { coco::io::require_finite(values, 4, "x"); }),
                   Contains("x: value is not finite: found row 1, column 1"));
    }
}
