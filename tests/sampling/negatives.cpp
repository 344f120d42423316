// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <cmath>

#include <coco/sampling/negatives.hpp>

using namespace coco::sampling;
using coco::Id;
using coco::Index;
using coco::data::Interactions;

TEST_CASE("the n-th allowed item, against a naive list", "[data][negatives]") {
    const std::vector<Id> excluded{0, 1, 4, 7, 8, 9};
    std::vector<Id> allowed;
    for (Id item = 0; item < 12; ++item)
        if (!std::binary_search(excluded.begin(), excluded.end(), item)) allowed.push_back(item);
    for (std::size_t r = 0; r < allowed.size(); ++r)
        CHECK(nth_allowed(static_cast<Index>(r), excluded.data(), 6) == allowed[r]);
    CHECK(nth_allowed(5, nullptr, 0) == 5);
}

TEST_CASE("negatives are uniform over the items a user did not interact with", "[data][negatives]") {
    Interactions train;
    train.add(std::vector<Id>{9, 3, 3, 0});
    const Negatives negatives = Negatives::excluding_train(train, 10);
    std::vector<double> counts(10, 0);
    const int draws = 70000;
    for (std::uint64_t row = 0; row < draws; ++row)
        counts[static_cast<std::size_t>(negatives.draw(0, 11, 4, row))] += 1;
    CHECK(counts[9] + counts[3] + counts[0] == 0);
    double chi = 0;
    for (const std::size_t item : {1u, 2u, 4u, 5u, 6u, 7u, 8u})
        chi += (counts[item] - 10000) * (counts[item] - 10000) / 10000;
    CHECK(chi < 22.46);  // 6 degrees of freedom, p = .001
}

TEST_CASE("a negative is a function of seed, step, row and slot", "[data][negatives]") {
    Interactions train;
    train.add(std::vector<Id>{1});
    const Negatives negatives = Negatives::excluding_train(train, 1 << 20);
    CHECK(negatives.draw(0, 1, 2, 3) == negatives.draw(0, 1, 2, 3));
    CHECK(negatives.draw(0, 1, 2, 3) != negatives.draw(0, 2, 2, 3));
    CHECK(negatives.draw(0, 1, 2, 3) != negatives.draw(0, 1, 3, 3));
    CHECK(negatives.draw(0, 1, 2, 3) != negatives.draw(0, 1, 2, 4));
    CHECK(negatives.draw(0, 1, 2, 3, 0, 2) != negatives.draw(0, 1, 2, 3, 1, 2));
}

TEST_CASE("a user with all items but one gets that one as negative; one with all items is an error",
          "[data][negatives]") {
    Interactions train;
    train.add(std::vector<Id>{0, 1, 2, 4});
    CHECK(Negatives::excluding_train(train, 5).draw(0, 1, 2, 3) == 3);
    CHECK_THROWS_WITH(Negatives::excluding_train(train, 4), Catch::Contains("user 0"));
    Interactions one;
    one.add(std::vector<Id>{0});
    CHECK_THROWS_AS(Negatives::excluding_train(one, 1), coco::Error);  // a catalogue of one item
}

TEST_CASE("excluding_all_leaking excludes held-out items, excluding_train does not", "[data][negatives]") {
    Interactions all, train;
    all.add(std::vector<Id>{0, 1, 2, 3, 4});
    train.add(std::vector<Id>{0, 1, 2});
    CHECK(Negatives::excluding_train(train, 6).excluded(0).size() == 3);
    CHECK(Negatives::excluding_all_leaking(all, 6).excluded(0).size() == 5);
}
