// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <cmath>
#include <limits>

#include <coco/core/random.hpp>
#include <coco/items/semantic_space.hpp>

#include "io/support.hpp"

using namespace coco;
using items::SemanticSpace;

namespace {

constexpr std::size_t texts = 300, width = 6;

/// Vectors with one loud column and a common direction, as hidden rows have them; text 7 is empty.
std::vector<float> vectors() {
    RandomStream random(8, 2);
    std::vector<float> x(texts * width);
    for (std::size_t i = 0; i < x.size(); ++i)
        x[i] = static_cast<float>(5 + random.normal() * (i % width == 2 ? 100 : 1));
    std::fill_n(x.begin() + 7 * width, width, 0.0f);
    return x;
}

double dot(const std::vector<float>& x, std::size_t columns, std::size_t a, std::size_t b) {
    double sum = 0;
    for (std::size_t j = 0; j < columns; ++j)
        sum += static_cast<double>(x[a * columns + j]) * static_cast<double>(x[b * columns + j]);
    return sum;
}

}  // namespace

TEST_CASE("a semantic space: unit rows, whitened, zero where there is no text", "[semantic]") {
    const std::vector<float> x = vectors();
    const auto space = SemanticSpace::fit(x, width, 4, 1e-9);
    REQUIRE(space.columns() == 4);
    const std::vector<float> kappa = space(x);
    REQUIRE(kappa.size() == texts * 4);
    for (std::size_t i = 0; i < texts; ++i) CHECK(dot(kappa, 4, i, i) == Approx(i == 7 ? 0 : 1).margin(1e-5));
    // Whitened: the loud column weighs no more than the others, and nothing is common to all.
    for (std::size_t j = 0; j < 4; ++j) {
        double mean = 0, square = 0;
        for (std::size_t i = 0; i < texts; ++i) {
            mean += static_cast<double>(kappa[i * 4 + j]) / texts;
            square += std::pow(static_cast<double>(kappa[i * 4 + j]), 2) / texts;
        }
        CHECK(std::abs(mean) < 0.1);
        CHECK(square == Approx(0.25).margin(0.05));
    }
    // A large shrink leaves the loud column loud.
    const std::vector<float> shrunk = SemanticSpace::fit(x, width, 4, 100)(x);
    double loud = 0;
    for (std::size_t i = 0; i < texts; ++i) loud += std::pow(static_cast<double>(shrunk[i * 4]), 2) / texts;
    CHECK(loud > 0.95);
}

TEST_CASE("a semantic space reads new texts with its own statistics", "[semantic]") {
    const std::vector<float> x = vectors();
    const auto space = SemanticSpace::fit(x, width, 4);
    const std::vector<float> all = space(x), some = space(std::span<const float>(x).first(3 * width));
    CHECK(some == std::vector<float>(all.begin(), all.begin() + 12));
    CHECK(SemanticSpace::fit(x, width, 4).digest() == space.digest());
    CHECK(SemanticSpace::fit(x, width, 3).digest() != space.digest());

    const support::Folder folder;
    space.save(folder / "space.safetensors");
    const auto again = SemanticSpace::load(folder / "space.safetensors");
    CHECK(again.digest() == space.digest());
    CHECK(again(x) == all);
}

TEST_CASE("a semantic space of few, equal or no texts", "[semantic]") {
    // Three texts span two dimensions about their mean.
    CHECK(SemanticSpace::fit(std::vector<float>{1, 0, 0, 0, 1, 0, 0, 0, 1}, 3, 256).columns() == 2);
    const std::vector<float> equal{1, 2, 1, 2, 1, 2};
    const auto flat = SemanticSpace::fit(equal, 2);
    CHECK(flat.columns() == 1);
    CHECK(flat(equal) == std::vector<float>(3, 0.0f));
    // Two items with one text have one kappa.
    const std::vector<float> twice{1, 2, 4, 1, 1, 2}, kappa = SemanticSpace::fit(twice, 2)(twice);
    CHECK(kappa[0] == kappa[2]);
    CHECK_THROWS_WITH(SemanticSpace::fit(std::vector<float>(6), 3), "semantic space: no item has a text");
    CHECK_THROWS_WITH(SemanticSpace::fit(std::vector<float>{1, 2, 3}, 2),
                      "semantic space: vectors are not rows of the width: expected a multiple of 2, found 3");
    const float nan = std::numeric_limits<float>::quiet_NaN();
    CHECK_THROWS_WITH(SemanticSpace::fit(std::vector<float>{1, 2, nan, 4}, 2),
                      "text vector 1: a number is not finite");
    CHECK_THROWS_WITH(SemanticSpace::fit(std::vector<float>{1, 2, 1, 3e30f}, 2),
                      "text vector 1: too long for a float's square: expected below 1.8e19");
    CHECK_THROWS_AS(SemanticSpace::fit(equal, 2, 0), Error);
    CHECK_THROWS_AS(SemanticSpace::fit(equal, 2, 1, 0), Error);
    CHECK_THROWS_AS(flat(std::vector<float>{1, 2, 3}), Error);
}
