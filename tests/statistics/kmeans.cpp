// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <cmath>
#include <set>

#include <coco/core/random.hpp>
#include <coco/statistics/kmeans.hpp>

using namespace coco;

namespace {

std::vector<float> normals(std::size_t count, std::uint64_t seed) {
    RandomStream random(seed, 1);
    std::vector<float> x(count);
    for (float& v : x) v = static_cast<float>(random.normal());
    return x;
}

double squares(const float* a, const float* b, std::size_t width) {
    double sum = 0;
    for (std::size_t j = 0; j < width; ++j)
        sum += std::pow(static_cast<double>(a[j]) - static_cast<double>(b[j]), 2);
    return sum;
}

}  // namespace

TEST_CASE("the nearest row is that of plain loops, the first among equals", "[kmeans]") {
    for (const std::size_t count : {1u, 5u, 32u, 33u, 100u}) {
        constexpr std::size_t width = 7;
        std::vector<float> rows = normals(count * width, count);
        if (count > 2) std::copy_n(rows.begin(), width, rows.end() - width);
        const statistics::NearestRow search(rows, width);
        const std::vector<float> points = normals(50 * width, 9);
        for (std::size_t i = 0; i < 50; ++i) {
            const auto found = search(std::span(points).subspan(i * width, width));
            for (std::size_t c = 0; c < count; ++c) {
                const double d = squares(points.data() + i * width, rows.data() + c * width, width);
                CHECK(d >= static_cast<double>(found.distance) * (1 - 1e-5));
                if (c == found.row) CHECK(d == Approx(found.distance).epsilon(1e-5));
            }
        }
        CHECK(search(std::span(rows).last(width)).row == (count > 2 ? 0 : count - 1));
    }
}

TEST_CASE("k-means finds well separated clusters, and equal seeds give equal centres", "[kmeans]") {
    constexpr std::size_t width = 4, clusters = 6, each = 40;
    std::vector<float> points = normals(clusters * each * width, 3);
    for (std::size_t i = 0; i < clusters * each; ++i)
        for (std::size_t j = 0; j < width; ++j)
            points[i * width + j] = 0.1f * points[i * width + j] + (j == i % clusters % width ? 5.0f : 0.0f) +
                                    (i % clusters >= width ? -9.0f : 0.0f);
    const std::vector<float> centres = statistics::kmeans(points, width, clusters, 1);
    CHECK(statistics::kmeans(points, width, clusters, 1) == centres);
    const statistics::NearestRow search(centres, width);
    std::set<std::size_t> homes;
    for (std::size_t i = 0; i < clusters * each; ++i) {
        const auto found = search(std::span<const float>(points).subspan(i * width, width));
        CHECK(found.distance < 1);
        homes.insert(found.row);
    }
    CHECK(homes.size() == clusters);
}

TEST_CASE("k-means: no points, fewer points than centres, points that are all equal", "[kmeans]") {
    CHECK(statistics::kmeans({}, 3, 2, 1).size() == 6);
    const std::vector<float> two{1, 2, 3, 4};
    const std::vector<float> centres = statistics::kmeans(two, 2, 5, 1);
    REQUIRE(centres.size() == 10);
    const statistics::NearestRow search(centres, 2);
    CHECK(search(std::span(two).first(2)).distance == 0);
    CHECK(search(std::span(two).last(2)).distance == 0);
    const std::vector<float> same(20, 2.0f);
    for (const float c : statistics::kmeans(same, 2, 3, 1)) CHECK(c == 2.0f);
}
