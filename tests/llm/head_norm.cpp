// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <coco/llm/head_norm.hpp>
#include <coco/nn/parameters.hpp>

#include "laws/here.hpp"
#include "laws/numbers.hpp"

using namespace coco;
using P = laws::Here<double>;

TEST_CASE("head norm: each head by itself, one weight for all; its gradient is the difference quotient") {
    constexpr Index rows = 4, heads = 3, head = 6;
    P on = laws::policy<P>(1);
    Layout layout;
    const std::vector<float> weight{1, 2, -1, 0.5f, 3, 1};
    const llm::HeadNorm norm(
        layout.given("w", 1, head,
                     [&](std::span<float> to) { std::copy(weight.begin(), weight.end(), to.begin()); }),
        1e-6);
    const Parameters<P> parameters(on, layout, 1);
    Workspace<P> work(on);
    const laws::Numbers x = laws::normals(rows * heads * head, 1), dy = laws::normals(rows * heads * head, 2);
    const auto forward = [&](const laws::Numbers& at) {
        work.reset();
        Run<P> run = parameters.run(on, work);
        const Rows<P> y = work.keep(rows, heads * head);
        norm.forward(run, CRows<P>(laws::brought(on, work, at, {rows, heads * head})), y);
        return laws::fetched<P>(on, y);
    };
    laws::Numbers expected = x;
    for (std::size_t h = 0; h < rows * heads; ++h) {
        double mean = 0;
        for (std::size_t j = 0; j < head; ++j) mean += x[h * head + j] * x[h * head + j] / head;
        for (std::size_t j = 0; j < head; ++j)
            expected[h * head + j] *= static_cast<double>(weight[j]) / std::sqrt(mean + 1e-6);
    }
    CHECK(laws::distance(forward(x), expected) < 1e-12);
    work.reset();
    Run<P> run = parameters.run(on, work);
    const Rows<P> d = laws::brought(on, work, dy, {rows, heads * head});
    norm.backward(run, CRows<P>(laws::brought(on, work, x, {rows, heads * head})), d);
    laws::gradient_agrees("x", x, laws::fetched<P>(on, d),
                          [&](const laws::Numbers& at) { return laws::dot(forward(at), dy); });
}
