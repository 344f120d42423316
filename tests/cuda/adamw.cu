// SPDX-License-Identifier: Apache-2.0
// `squared_norm` and `adamw` on the device against plain loops in double, and repeated runs bit-identical.
#include <catch2/catch.hpp>

#include <string>

#include <coco/cuda/cuda.cuh>

#include "conformance/execution_policy.hpp"

using namespace coco;

TEMPLATE_TEST_CASE("squared_norm and adamw: equals the plain loop", "[adamw]", float, double) {
    BasicCuda<TestType> on;
    conformance::adamw_trials<TestType>([&](const std::string& name, const auto& trial) {
        INFO(name);
        conformance::equals_naive(on, trial, conformance::tolerance<TestType>);
    });
}

TEST_CASE("squared_norm and adamw: ranges whose begin is not aligned to a vector, element by element",
          "[adamw]") {
    Cuda on;
    constexpr Index size = 41;
    std::vector<float> whole, part;
    for (const Index skip : {0, 1}) {
        conformance::Held<Cuda> x(on, 1, size + skip, 1), g(on, 1, size + skip, 0.5), m(on, 1, size + skip),
            v(on, 1, size + skip);
        const auto from = [skip](conformance::Held<Cuda>& held) { return held.list().from(skip, size); };
        const AdamWRange<Cuda> range{{}, from(x), from(g), from(m), from(v)};
        on.adamw({&range, 1}, nullptr);
        on.fill(from(g), 3);
        std::vector<float>& to = skip ? part : whole;
        for (const conformance::Held<Cuda>* held : {&x, &m, &v, &g}) {
            std::vector<float> all;
            held->append(all);
            to.insert(to.end(), all.begin() + skip, all.end());
            if (skip) CHECK(all[0] == (held == &x ? 1.0f : held == &g ? 0.5f : 0.0f));
        }
    }
    CHECK(conformance::same_bits(whole, part));
}
