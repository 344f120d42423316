// SPDX-License-Identifier: Apache-2.0
// Evaluations by groups of cases, against counting by hand.
#include <catch2/catch.hpp>

#include <coco/data/synthetic.hpp>
#include <coco/eval/groups.hpp>

using namespace coco;

TEST_CASE("groups: each case is in the group of its number", "[groups]") {
    const Metrics metrics({1, 2, 3, 4, 11});
    const std::vector<Index> numbers{0, 5, 7, 20, 4}, from{1, 5, 20};
    const auto groups = grouped(metrics, numbers, from);
    REQUIRE(groups.size() == 3);
    CHECK(groups[0].metrics.ranks() == std::vector<double>{11});
    CHECK(groups[1].metrics.ranks() == std::vector<double>{2, 3});
    CHECK(groups[2].metrics.ranks() == std::vector<double>{4});
    CHECK(groups[0].metrics.ndcg(10) == 0);
    CHECK_THROWS_WITH(grouped(metrics, std::vector<Index>{1}, from),
                      "groups of cases: not one number a case: expected 5 numbers, found 1");
    CHECK_THROWS_WITH(grouped(metrics, numbers, std::vector<Index>{5, 5}),
                      "groups of cases: lower ends do not ascend: expected above 5, found 5");
}

TEST_CASE("groups: occurrences of targets and lengths of histories", "[groups]") {
    const auto data = data::synthetic().data;
    const auto split = data::leave_one_out(data.interactions);
    const Index items = data.catalogue.size();
    const auto occurrences = target_occurrences(split.test, split.train, items);
    const auto lengths = history_lengths(split.test);
    for (const Index i : {Index{0}, split.test.size() / 2, split.test.size() - 1}) {
        Index count = 0;
        for (Id user = 0; user < static_cast<Id>(split.train.users()); ++user)
            for (const Id item : split.train.of(user)) count += item == split.test[i].target ? 1 : 0;
        CHECK(occurrences[static_cast<std::size_t>(i)] == count);
        CHECK(lengths[static_cast<std::size_t>(i)] == static_cast<Index>(split.test[i].history.size()));
    }
}
