// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <cmath>

#include <coco/core/random.hpp>
#include <coco/statistics/principal_axes.hpp>

using namespace coco;

namespace {

/// Correlated rows about a mean that is not zero.
std::vector<float> cloud(std::size_t rows, std::size_t width) {
    RandomStream random(3, 1);
    std::vector<float> x(rows * width);
    for (std::size_t i = 0; i < rows; ++i) {
        double common = random.normal();
        for (std::size_t j = 0; j < width; ++j)
            x[i * width + j] = static_cast<float>(3 + common * static_cast<double>(j) + random.normal());
    }
    return x;
}

}  // namespace

TEST_CASE("principal axes: eigenvectors of the covariance, largest variance first", "[statistics]") {
    constexpr std::size_t rows = 1100, width = 7;
    const std::vector<float> x = cloud(rows, width);
    const auto axes = statistics::principal_axes(x, width, 5);
    REQUIRE(axes.variance.size() == 5);
    REQUIRE(axes.axes.size() == 5 * width);

    double mean[width] = {}, covariance[width][width] = {};
    for (std::size_t i = 0; i < x.size(); ++i) mean[i % width] += static_cast<double>(x[i]) / rows;
    for (std::size_t i = 0; i < rows; ++i)
        for (std::size_t j = 0; j < width; ++j)
            for (std::size_t k = 0; k < width; ++k)
                covariance[j][k] += (static_cast<double>(x[i * width + j]) - mean[j]) *
                                    (static_cast<double>(x[i * width + k]) - mean[k]) / rows;
    for (std::size_t j = 0; j < width; ++j) CHECK(axes.mean[j] == Approx(mean[j]).epsilon(1e-12));
    for (std::size_t a = 0; a < 5; ++a) {
        const double* const axis = axes.axes.data() + a * width;
        if (a > 0) CHECK(axes.variance[a] <= axes.variance[a - 1]);
        for (std::size_t j = 0; j < width; ++j) {
            double image = 0;
            for (std::size_t k = 0; k < width; ++k) image += covariance[j][k] * axis[k];
            CHECK(image == Approx(axes.variance[a] * axis[j]).margin(1e-9 * axes.variance[0]));
        }
        for (std::size_t b = 0; b <= a; ++b) {
            double dot = 0;
            for (std::size_t j = 0; j < width; ++j) dot += axis[j] * axes.axes[b * width + j];
            CHECK(dot == Approx(a == b ? 1 : 0).margin(1e-12));
        }
        double largest = 0;
        for (std::size_t j = 0; j < width; ++j)
            if (std::abs(axis[j]) > std::abs(largest)) largest = axis[j];
        CHECK(largest > 0);
    }
}

TEST_CASE("principal axes: no rows, one row, more axes asked for than there are", "[statistics]") {
    CHECK(statistics::principal_axes({}, 3, 2).variance.empty());
    const std::vector<float> one{1, 2, 3};
    const auto axes = statistics::principal_axes(one, 3, 9);
    CHECK(axes.mean == std::vector<double>{1, 2, 3});
    CHECK(axes.variance == std::vector<double>{0, 0, 0});
}
