// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <cmath>
#include <limits>

#include <coco/eval/metrics.hpp>

using namespace coco;

TEST_CASE("a rank is 1 + the greater + half of the other equals", "[eval][metrics]") {
    const std::vector<float> scores{3, 1, 4, 1, 5, 1};
    CHECK(rank_of(scores, 4) == 1.0);
    CHECK(rank_of(scores, 0) == 3.0);
    CHECK(rank_of(scores, 1) == 5.0);
    CHECK(rank_of(scores, 1, std::vector<Id>{4, 4, 3}) == 3.5);  // repetitions in the mask count once
    CHECK(rank_of(scores, 1, std::vector<Id>{1}) == 5.0);        // the target is never masked
    CHECK(rank_of(std::vector<float>{7}, 0) == 1.0);             // a catalogue of one item
    CHECK(rank_of(std::vector<float>{2, 2, 2, 2}, 3) == 2.5);    // equal scores give the middle rank
}

TEST_CASE("NaN scores never improve a rank", "[eval][metrics]") {
    const float nan = std::numeric_limits<float>::quiet_NaN(),
                infinity = std::numeric_limits<float>::infinity();
    CHECK(rank_of(std::vector<float>{1, nan, 0}, 0) == 2.0);
    CHECK(rank_of(std::vector<float>{1, -infinity, -infinity}, 1) == 2.5);
    CHECK_THROWS_AS(rank_of(std::vector<float>{1, nan}, 1), Error);
}

TEST_CASE("metrics computed by hand", "[eval][metrics]") {
    Metrics metrics;
    for (const double rank : {1.0, 3.5, 5.5, 20.0}) metrics.add(rank);
    metrics.add(unranked);
    CHECK(metrics.count() == 5);
    CHECK(metrics.recall(5) == Approx(2.0 / 5));
    CHECK(metrics.recall(10) == Approx(3.0 / 5));
    CHECK(metrics.ndcg(5) == Approx((1 + std::log(2.0) / std::log(4.5)) / 5));
    CHECK(metrics.ndcg(10) ==
          Approx((1 + std::log(2.0) / std::log(4.5) + std::log(2.0) / std::log(6.5)) / 5));
    CHECK(metrics.mrr() == Approx((1 + 1 / 3.5 + 1 / 5.5 + 0.05) / 5));
    CHECK(metrics.recalls(5) == std::vector<double>{1, 1, 0, 0, 0});
    const std::vector<Index> cutoffs{5, 10};
    const auto summary = metrics.summary(cutoffs);
    REQUIRE(summary.size() == 5);
    CHECK(summary[2].name == "R@10");
    CHECK(summary[2].value == metrics.recall(10));
    CHECK(summary[4].name == "MRR");
    CHECK(Metrics().recall(5) == 0.0);
}
