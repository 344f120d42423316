// SPDX-License-Identifier: Apache-2.0
// Sorting by keys against std::stable_sort, with many equal keys.
#include <catch2/catch.hpp>

#include <algorithm>
#include <vector>

#include <coco/core/order.hpp>
#include <coco/core/random.hpp>

using namespace coco;

TEST_CASE("a list is ordered by ascending key; equal keys keep their order", "[order]") {
    RandomStream random(5);
    for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{2}, std::size_t{500}}) {
        std::vector<Index> keys;
        std::vector<std::size_t> expected;
        for (std::size_t i = 0; i < size; ++i) {
            keys.push_back(static_cast<Index>(random.below(20)) - 10);
            expected.push_back(i);
        }
        std::stable_sort(expected.begin(), expected.end(),
                         [&](std::size_t a, std::size_t b) { return keys[a] < keys[b]; });
        CHECK(ascending(keys) == expected);
        std::vector<Index> sorted = keys;
        std::stable_sort(sorted.begin(), sorted.end());
        CHECK(in_order(keys, ascending(keys)) == sorted);
    }
}
