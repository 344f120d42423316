// SPDX-License-Identifier: Apache-2.0
// Products on the host against the triple loop in double, bit-identical for any number of threads.
#include <catch2/catch.hpp>

#include <string>

#include <coco/host/host.hpp>

#include "conformance/execution_policy.hpp"

using namespace coco;

TEMPLATE_TEST_CASE("multiply: equals the triple loop", "[multiply]", float, double) {
    BasicHost<TestType> on(2);
    conformance::multiply_trials<TestType>([&](const std::string& name, const auto& trial) {
        INFO(name);
        conformance::equals_naive(on, trial, 20 * conformance::tolerance<TestType>);
    });
}

TEMPLATE_TEST_CASE("multiply: bit-identical for any number of threads", "[multiply][threads]", float,
                   double) {
    BasicHost<TestType> one(1), two(2), three(3);
    conformance::multiply_trials<TestType>([&](const std::string& name, const auto& trial) {
        INFO(name);
        const auto expected = trial.run(one);
        CHECK(conformance::same_bits(expected, trial.run(two)));
        CHECK(conformance::same_bits(expected, trial.run(three)));
    });
}
