// SPDX-License-Identifier: Apache-2.0
// Rankings against a full sort, bit-identical for any number of threads.
#include <catch2/catch.hpp>

#include <algorithm>
#include <limits>
#include <string>

#include <coco/host/host.hpp>

#include "conformance/ranking.hpp"

using namespace coco;

TEMPLATE_TEST_CASE("top_k and target_rank: equal a full sort", "[ranking]", float, double) {
    BasicHost<TestType> on(2);
    conformance::ranking_trials<TestType>(
        [&](const std::string& name, const conformance::RankingTrial<TestType>& trial) {
            INFO(name);
            conformance::equals_naive(on, trial, 0);
        });
}

TEMPLATE_TEST_CASE("top_k and target_rank: bit-identical for any number of threads", "[ranking][threads]",
                   float, double) {
    BasicHost<TestType> one(1), two(2), three(3);
    conformance::ranking_trials<TestType>(
        [&](const std::string& name, const conformance::RankingTrial<TestType>& trial) {
            INFO(name);
            const auto expected = trial.run(one);
            CHECK(conformance::same_bits(expected, trial.run(two)));
            CHECK(conformance::same_bits(expected, trial.run(three)));
        });
}

TEST_CASE("top_k and target_rank: a row of NaN has no best columns and the worst rank", "[ranking]") {
    Host on(1);
    conformance::Matrix h(1, 2), columns(30, 2);
    h(0, 0) = std::numeric_limits<double>::quiet_NaN();
    const conformance::Held<Host> rows(on, h), matrix(on, columns);
    conformance::Held<Host> scores(on, 1, 2), places(on, 1, 1);
    Block<Id, Host> best(on, 2);
    const std::vector<Id> target{4};
    Workspace<Host> work(on);
    on.top_k(rows.in(), matrix.in(), {}, {}, 2, best.list(), scores.out());
    on.target_rank(rows.in(), matrix.in(), {}, {}, on.upload(std::span<const Id>(target), work),
                   places.out());
    CHECK(best.list()[0] == no_id);
    CHECK(best.list()[1] == no_id);
    CHECK(places.in()(0, 0) >= 30);
}

TEMPLATE_TEST_CASE("target_rank: copies of the target's column tie exactly", "[ranking]", float, double) {
    BasicHost<TestType> on(2);
    RandomStream random(6);
    for (const Index rows : {3, 40}) {
        const conformance::Matrix h = conformance::random_matrix<TestType>(random, rows, 37);
        conformance::Matrix columns = conformance::random_matrix<TestType>(random, 900, 37);
        for (const Index copy : {64, 200, 511, 899})
            for (Index j = 0; j < 37; ++j) columns(copy, j) = columns(17, j);
        const conformance::Held<BasicHost<TestType>> rows_of_h(on, h), matrix(on, columns);
        conformance::Held<BasicHost<TestType>> places(on, rows, 1), scores(on, rows, 900);
        Block<Id, BasicHost<TestType>> best(on, rows * 900);
        const std::vector<Id> target(static_cast<std::size_t>(rows), 200);
        Workspace<BasicHost<TestType>> work(on);
        on.target_rank(rows_of_h.in(), matrix.in(), {}, {}, on.upload(std::span<const Id>(target), work),
                       places.out());
        on.top_k(rows_of_h.in(), matrix.in(), {}, {}, 900, best.list(), scores.out());
        for (Index i = 0; i < rows; ++i) {
            const Id* const order = best.list().data + i * 900;
            const auto at = std::find(order, order + 900, 17) - order;
            // Five equal scores, the first of them at `at`: the rank is the middle of the five.
            CHECK(places.in()(i, 0) == static_cast<TestType>(at + 1 + 2));
            CHECK(std::vector<Id>(order + at, order + at + 5) == std::vector<Id>{17, 64, 200, 511, 899});
        }
    }
}
