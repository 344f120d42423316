// SPDX-License-Identifier: Apache-2.0
// Products on the device against the triple loop in double, and repeated runs bit-identical.
#include <catch2/catch.hpp>

#include <string>

#include <coco/cuda/cuda.cuh>

#include "conformance/execution_policy.hpp"

using namespace coco;

TEMPLATE_TEST_CASE("multiply: equals the triple loop", "[multiply]", float, double) {
    BasicCuda<TestType> on;
    conformance::multiply_trials<TestType>([&](const std::string& name, const auto& trial) {
        INFO(name);
        conformance::equals_naive(on, trial, 20 * conformance::tolerance<TestType>);
    });
}

TEMPLATE_TEST_CASE("multiply: tensor cores are as accurate as their mantissas are long", "[multiply]",
                   math_mode::TensorFloat32, math_mode::BFloat16) {
    BasicCuda<float, TestType> on;
    conformance::multiply_trials<float>([&](const std::string& name, const auto& trial) {
        INFO(name);
        // Sums of up to 2,100 products of normal numbers, each rounded to 10 or 7 bits.
        conformance::equals_naive(on, trial, std::is_same_v<TestType, math_mode::BFloat16> ? 1.0 : 0.1);
    });
}

TEST_CASE("multiply: an inner dimension of zero only scales the output", "[multiply]") {
    Cuda on;
    conformance::Matrix c(3, 5);
    for (double& x : c.at) x = 4;
    for (const float beta : {0.0f, 0.5f, 1.0f}) {
        conformance::Held<Cuda> out(on, c, 2);
        on.multiply({nullptr, 3, 0}, Op::plain, {nullptr, 0, 5}, Op::plain, out.out(), 1, beta);
        std::vector<float> all;
        out.append(all);
        CHECK(all == std::vector<float>(15, 4 * beta));
    }
    conformance::Held<Cuda> unread(on, 3, 5, conformance::unchecked);
    on.multiply({nullptr, 3, 0}, Op::plain, {nullptr, 0, 5}, Op::plain, unread.out());
    std::vector<float> all;
    unread.append(all);
    CHECK(all == std::vector<float>(15, 0));
}
