// SPDX-License-Identifier: Apache-2.0
// Rankings on the device against a full sort, in one tile and in many.
#include <catch2/catch.hpp>

#include <algorithm>
#include <limits>
#include <string>

#include "conformance/ranking.hpp"
#include "cuda/cramped.cuh"

using namespace coco;

TEMPLATE_TEST_CASE("top_k and target_rank on a device: equal a full sort", "[ranking]", float, double) {
    BasicCuda<TestType> on;
    conformance::ranking_trials<TestType>(
        [&](const std::string& name, const conformance::RankingTrial<TestType>& trial) {
            INFO(name);
            conformance::equals_naive(on, trial, 0);
        });
}

TEMPLATE_TEST_CASE("top_k and target_rank on a device: the same with many tiles of columns", "[ranking]",
                   float, double) {
    conformance::Cramped<TestType> on(60000);
    conformance::ranking_trials<TestType>(
        [&](const std::string& name, const conformance::RankingTrial<TestType>& trial) {
            on.room = trial.columns > 1000 ? 60000 : 15;
            INFO(name);
            conformance::equals_naive(on, trial, 0);
        });
}

TEST_CASE("top_k and target_rank on a device: a row of NaN has no best columns and the worst rank",
          "[ranking]") {
    Cuda on;
    Workspace<Cuda> work(on);
    conformance::Matrix h(1, 2), columns(30, 2);
    h(0, 0) = std::numeric_limits<double>::quiet_NaN();
    const conformance::Held<Cuda> rows(on, h), matrix(on, columns);
    conformance::Held<Cuda> scores(on, 1, 2), places(on, 1, 1);
    Block<Id, Cuda> best(on, 2);
    const std::vector<Id> target{4};
    on.top_k(rows.in(), matrix.in(), {}, {}, 2, best.list(), scores.out());
    on.target_rank(rows.in(), matrix.in(), {}, {}, on.upload(std::span<const Id>(target), work),
                   places.out());
    std::vector<Id> found(2);
    on.download(List<const Id, space::Device>(best.list()), found.data());
    CHECK(found == std::vector<Id>{no_id, no_id});
    std::vector<float> place;
    places.append(place);
    CHECK(place[0] >= 30);
}

TEMPLATE_TEST_CASE("target_rank on a device: copies of the target's column tie exactly", "[ranking]", float,
                   double) {
    using P = conformance::Cramped<TestType>;
    RandomStream random(6);
    for (const Index rows : {3, 40}) {
        P on(rows == 3 ? 1 << 20 : 40 * 200);
        Workspace<P> work(on);
        const conformance::Matrix h = conformance::random_matrix<TestType>(random, rows, 37);
        conformance::Matrix columns = conformance::random_matrix<TestType>(random, 900, 37);
        for (const Index copy : {64, 200, 511, 899})
            for (Index j = 0; j < 37; ++j) columns(copy, j) = columns(17, j);
        const conformance::Held<P> rows_of_h(on, h), matrix(on, columns);
        conformance::Held<P> places(on, rows, 1), scores(on, rows, 900);
        Block<Id, P> best(on, rows * 900);
        const std::vector<Id> target(static_cast<std::size_t>(rows), 200);
        on.target_rank(rows_of_h.in(), matrix.in(), {}, {}, on.upload(std::span<const Id>(target), work),
                       places.out());
        on.top_k(rows_of_h.in(), matrix.in(), {}, {}, 900, best.list(), scores.out());
        std::vector<Id> every(static_cast<std::size_t>(rows * 900));
        on.download(List<const Id, space::Device>(best.list()), every.data());
        std::vector<TestType> place;
        places.append(place);
        for (Index i = 0; i < rows; ++i) {
            const auto order = every.begin() + i * 900;
            const auto at = std::find(order, order + 900, 17) - order;
            // Five equal scores, the first of them at `at`: the rank is the middle of the five.
            CHECK(place[static_cast<std::size_t>(i)] == static_cast<TestType>(at + 1 + 2));
            CHECK(std::vector<Id>(order + at, order + at + 5) == std::vector<Id>{17, 64, 200, 511, 899});
        }
    }
}

TEST_CASE("top_k on a device: a k larger than a block's list is an error", "[ranking]") {
    Cuda on;
    const conformance::Held<Cuda> h(on, 1, 2), columns(on, 5000, 2);
    conformance::Held<Cuda> scores(on, 1, 4000);
    Block<Id, Cuda> best(on, 4000);
    CHECK_THROWS_WITH(on.top_k(h.in(), columns.in(), {}, {}, 4000, best.list(), scores.out()),
                      Catch::Contains("ask for fewer"));
    on.top_k(h.in(), columns.in(), {}, {}, 3840, best.list(), scores.out());
    std::vector<Id> found(4000);
    on.download(List<const Id, space::Device>(best.list()), found.data());
    for (Id i = 0; i < 3840; ++i)
        if (found[static_cast<std::size_t>(i)] != i) FAIL("equals come by index");
}

TEST_CASE("top_k and target_rank on a device: small sizes, for the thread sanitizer", "[ranking][threads]") {
    conformance::Cramped<float> on(30);
    conformance::ranking_trials<float>(
        [&](const std::string& name, const conformance::RankingTrial<float>& trial) {
            if (trial.rows > 10) return;
            INFO(name);
            conformance::require_close(trial.run(on), trial.naive(), 0);
        });
}
