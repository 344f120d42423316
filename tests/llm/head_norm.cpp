// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <coco/llm/head_norm.hpp>
#include <coco/nn/parameters.hpp>

#include "conformance/numbers.hpp"
#include "conformance/policy_under_test.hpp"

using namespace coco;
using P = conformance::PolicyUnderTest<double>;

TEST_CASE(
    "head norm: normalises each head, with one weight for all; its gradient is the difference quotient") {
    constexpr Index rows = 4, heads = 3, head = 6;
    P on = conformance::policy<P>(1);
    ParameterLayout layout;
    const std::vector<float> weight{1, 2, -1, 0.5f, 3, 1};
    const llm::HeadNorm norm(
        layout.given("w", 1, head,
                     [&](std::span<float> to) { std::copy(weight.begin(), weight.end(), to.begin()); }),
        1e-6);
    const Parameters<P> parameters(on, layout, 1);
    Workspace<P> work(on);
    const conformance::Numbers x = conformance::normals(rows * heads * head, 1),
                               dy = conformance::normals(rows * heads * head, 2);
    const auto forward = [&](const conformance::Numbers& at) {
        work.reset();
        Context<P> ctx = parameters.context(on, work);
        const Rows<P> y = work.keep(rows, heads * head);
        norm.forward(ctx, CRows<P>(conformance::uploaded(on, work, at, {rows, heads * head})), y);
        return conformance::downloaded<P>(on, y);
    };
    conformance::Numbers expected = x;
    for (std::size_t h = 0; h < rows * heads; ++h) {
        double mean = 0;
        for (std::size_t j = 0; j < head; ++j) mean += x[h * head + j] * x[h * head + j] / head;
        for (std::size_t j = 0; j < head; ++j)
            expected[h * head + j] *= static_cast<double>(weight[j]) / std::sqrt(mean + 1e-6);
    }
    CHECK(conformance::distance(forward(x), expected) < 1e-12);
    work.reset();
    Context<P> ctx = parameters.context(on, work);
    const Rows<P> d = conformance::uploaded(on, work, dy, {rows, heads * head});
    norm.backward(ctx, CRows<P>(conformance::uploaded(on, work, x, {rows, heads * head})), d);
    conformance::gradient_agrees(
        "x", x, conformance::downloaded<P>(on, d),
        [&](const conformance::Numbers& at) { return conformance::dot(forward(at), dy); });
}
