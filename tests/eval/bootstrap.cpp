// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <cmath>

#include <coco/eval/bootstrap.hpp>

using namespace coco;

TEST_CASE("the interval agrees with the normal approximation where that holds", "[eval][bootstrap]") {
    RandomStream random(1);
    std::vector<double> a, b;
    double sum = 0, squares = 0;
    for (int i = 0; i < 4000; ++i) {
        const double person = random.normal();  // common to both systems: pairing must cancel it
        a.push_back(person + 0.1 + 0.2 * random.normal());
        b.push_back(person);
        sum += a.back() - b.back();
        squares += (a.back() - b.back()) * (a.back() - b.back());
    }
    const double mean = sum / 4000, error = std::sqrt((squares / 4000 - mean * mean) / 4000);
    const Interval interval = paired_bootstrap(a, b, 0.95, 4000);
    CHECK(interval.difference == Approx(mean));
    CHECK(interval.low == Approx(mean - 1.96 * error).margin(0.15 * error));
    CHECK(interval.high == Approx(mean + 1.96 * error).margin(0.15 * error));
    const Interval narrow = paired_bootstrap(a, b, 0.5, 4000);
    CHECK(narrow.low > interval.low);
    CHECK(narrow.high < interval.high);
}

TEST_CASE("the interval is a function of its seed", "[eval][bootstrap]") {
    const std::vector<double> a{1, 0, 0, 1, 1, 0, 1}, b{0, 0, 1, 0, 1, 0, 0};
    CHECK(paired_bootstrap(a, b, 0.95, 200, 7).low == paired_bootstrap(a, b, 0.95, 200, 7).low);
    const Interval same = paired_bootstrap(a, a);
    CHECK(same.low == 0.0);
    CHECK(same.high == 0.0);
}

TEST_CASE("metrics that cannot be compared are an error", "[eval][bootstrap]") {
    const std::vector<double> two{1, 2}, three{1, 2, 3}, none;
    CHECK_THROWS_AS(paired_bootstrap(two, three), Error);
    CHECK_THROWS_AS(paired_bootstrap(none, none), Error);
    CHECK_THROWS_AS(paired_bootstrap(two, two, 1.0), Error);
    CHECK_THROWS_AS(paired_bootstrap(two, two, 0.95, 10), Error);
}
