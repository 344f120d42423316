// SPDX-License-Identifier: Apache-2.0
// `squared_norm` and `adamw` on the host against plain loops in double, bit-identical for any number of
// threads.
#include <catch2/catch.hpp>

#include <string>

#include <coco/host/host.hpp>

#include "conformance/execution_policy.hpp"

using namespace coco;

TEMPLATE_TEST_CASE("squared_norm and adamw: equals the plain loop, for any number of threads",
                   "[adamw][threads]", float, double) {
    BasicHost<TestType> one(1), two(2), three(3);
    conformance::adamw_trials<TestType>([&](const std::string& name, const auto& trial) {
        INFO(name);
        conformance::equals_naive(one, trial, conformance::tolerance<TestType>);
        const auto expected = trial.run(one);
        CHECK(conformance::same_bits(expected, trial.run(two)));
        CHECK(conformance::same_bits(expected, trial.run(three)));
    });
}
