// SPDX-License-Identifier: Apache-2.0
// The clip's norm and AdamW on the host against plain loops in double, and the same bits whatever the
// threads.
#include <catch2/catch.hpp>

#include <string>

#include <coco/host/host.hpp>

#include "laws/execution_policy.hpp"

using namespace coco;

TEMPLATE_TEST_CASE("update: equals the plain loop, whatever the threads", "[update][threads]", float,
                   double) {
    BasicHost<TestType> one(1), two(2), three(3);
    laws::update_trials<TestType>([&](const std::string& name, const auto& trial) {
        INFO(name);
        laws::equals_naive(one, trial, laws::tolerance<TestType>);
        const auto expected = trial.run(one);
        CHECK(laws::same_bits(expected, trial.run(two)));
        CHECK(laws::same_bits(expected, trial.run(three)));
    });
}
