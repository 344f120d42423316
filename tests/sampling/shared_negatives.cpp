// SPDX-License-Identifier: Apache-2.0
// Shared negatives are drawn as often as they say, and by seed, step and slot alone.
#include <catch2/catch.hpp>

#include <cmath>
#include <vector>

#include <coco/sampling/shared_negatives.hpp>

using namespace coco;

namespace {

/// Targets: item 1 three times, item 2 twice, item 3 once.
data::Interactions train() {
    data::Interactions all;
    for (const std::vector<Id>& history :
         {std::vector<Id>{0, 1, 2}, std::vector<Id>{2, 1}, std::vector<Id>{3, 1, 2, 3}, std::vector<Id>{4}})
        all.add(history);
    return all;
}

HostBatch batch(std::vector<Id> targets) {
    HostBatch b;
    b.target_item = std::move(targets);
    b.target_row.assign(b.target_item.size(), 0);
    return b;
}

}  // namespace

TEST_CASE("shared negatives: an item is drawn as often as its weight says", "[shared_negatives]") {
    for (const DrawnFrom from : {DrawnFrom::uniform, DrawnFrom::popularity, DrawnFrom::in_batch}) {
        const sampling::SharedNegatives draw({600, from}, train(), 6);
        HostBatch b = batch({1, 2, 1, 3, 2, 1});  // as in train
        std::vector<double> times(6, 0);
        for (std::uint64_t step = 0; step < 100; ++step) {
            draw(b, 7, step);
            REQUIRE(b.shared.size() == 600);
            for (const Id item : b.shared) times[static_cast<std::size_t>(item)] += 1;
        }
        std::vector<double> chance(6, from == DrawnFrom::uniform ? 1.0 / 6 : 0.0);
        for (std::size_t j = 0; j < b.shared.size(); ++j)
            chance[static_cast<std::size_t>(b.shared[j])] =
                static_cast<double>(b.shared_weight[j]) / static_cast<double>(b.shared_total);
        for (std::size_t i = 0; i < 6; ++i)  // five standard deviations
            CHECK(times[i] / 60000 == Approx(chance[i]).margin(5 * std::sqrt(0.25 / 60000)));
        CHECK(b.target_weight ==
              (from == DrawnFrom::uniform ? std::vector<Id>(6, 1) : std::vector<Id>{3, 2, 3, 1, 2, 3}));
        CHECK(b.by_shared.place.size() == 600);
    }
}

TEST_CASE("shared negatives: those of a step are the same again, those of others differ",
          "[shared_negatives]") {
    const sampling::SharedNegatives draw({20, DrawnFrom::uniform}, train(), 1000);
    HostBatch one = batch({1}), two = batch({1});
    draw(one, 7, 5);
    draw(two, 7, 5);
    CHECK(one.shared == two.shared);
    draw(two, 7, 6);
    CHECK(one.shared != two.shared);
    draw(two, 8, 5);
    CHECK(one.shared != two.shared);
}

TEST_CASE("shared negatives: an item without a train target has a chance above 0; no targets, no negatives",
          "[shared_negatives]") {
    const sampling::SharedNegatives draw({4, DrawnFrom::popularity}, train(), 6);
    HostBatch b = batch({0, 5});
    draw(b, 1, 1);
    CHECK(b.target_weight == std::vector<Id>{1, 1});
    b = batch({});
    draw(b, 1, 1);
    CHECK(b.shared.empty());
    data::Interactions single;
    single.add(std::vector<Id>{2});
    CHECK_THROWS_WITH(sampling::SharedNegatives({4, DrawnFrom::popularity}, single, 6),
                      Catch::Contains("no history has a target"));
}
