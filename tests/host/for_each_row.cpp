// SPDX-License-Identifier: Apache-2.0
// Row kernels and column sums on the host against plain loops in double, bit-identical for any number of
// threads.
#include <catch2/catch.hpp>

#include <string>
#include <vector>

#include <coco/host/host.hpp>

#include "conformance/execution_policy.hpp"

using namespace coco;

TEMPLATE_TEST_CASE("for_each_row and reduce: equals the plain loop, for any number of threads",
                   "[for_each_row][threads]", float, double) {
    BasicHost<TestType> one(1), two(2), three(3);
    conformance::for_each_row_trials<TestType>([&](const std::string& name, const auto& trial) {
        INFO(name);
        conformance::equals_naive(one, trial, 5 * conformance::tolerance<TestType>);
        const auto expected = trial.run(one);
        CHECK(conformance::same_bits(expected, trial.run(two)));
        CHECK(conformance::same_bits(expected, trial.run(three)));
    });
}

TEST_CASE("for_each_row: the function is called once for each element", "[for_each_row]") {
    for (const Index n : {1, 15, 16, 17, 100}) {
        std::vector<int> calls(static_cast<std::size_t>(n));
        const host::Row<float> row;
        const auto count = [&](Index j) { return static_cast<float>(++calls[static_cast<std::size_t>(j)]); };
        CHECK(row.sum(n, count) == static_cast<float>(n));
        CHECK(row.max(n, count) == 2);
        row.each(n, count);
        CHECK(calls == std::vector<int>(static_cast<std::size_t>(n), 3));
    }
}
