// SPDX-License-Identifier: Apache-2.0
// Selection of codes against a sort by cosine, bit-identical for any number of threads.
#include <catch2/catch.hpp>

#include <string>

#include <coco/host/host.hpp>

#include "conformance/ranking.hpp"

using namespace coco;

TEMPLATE_TEST_CASE("select_codes: equals a sort by cosine", "[select_codes]", float, double) {
    BasicHost<TestType> one(1), two(2), three(3);
    conformance::select_codes_trials<TestType>(
        [&](const std::string& name, const conformance::SelectCodesTrial<TestType>& trial) {
            INFO(name);
            conformance::equals_naive(two, trial, 0);
            const auto expected = trial.run(one);
            CHECK(conformance::same_bits(expected, trial.run(two)));
            CHECK(conformance::same_bits(expected, trial.run(three)));
        });
}
