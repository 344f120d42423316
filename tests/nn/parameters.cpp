// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <coco/nn/elementwise.hpp>
#include <coco/nn/parameters.hpp>

#include "conformance/layer.hpp"
#include "conformance/policy_under_test.hpp"

using namespace coco;
using P = conformance::PolicyUnderTest<double>;
using conformance::Numbers;

TEST_CASE("initial values have the declared distributions, as a function of seed and tensor",
          "[parameters]") {
    ParameterLayout layout;
    const TensorRef one = layout.claim("one", 3, 5, Init::ones()),
                    zero = layout.claim("zero", 1, 7, Init::zeros());
    const TensorRef normal = layout.claim("normal", 100, 100, Init::normal(0.02));
    const TensorRef uniform =
        layout.claim("uniform", 100, 100, Init::uniform(0.5), Decay::no, ParameterBlock::table);
    const TensorRef given = layout.given("given", 2, 2, [](std::span<float> to) {
        for (std::size_t i = 0; i < to.size(); ++i) to[i] = static_cast<float>(i);
    });
    P on = conformance::policy<P>(1);
    const Parameters<P> parameters(on, layout, 7), again(on, layout, 7), other(on, layout, 8);
    const auto values = [&](const Parameters<P>& from, const TensorRef& ref) {
        return conformance::downloaded<P>(on, from.view(ref));
    };
    CHECK(values(parameters, one) == Numbers(15, 1.0));
    CHECK(values(parameters, zero) == Numbers(7, 0.0));
    CHECK(values(parameters, given) == Numbers{0, 1, 2, 3});
    CHECK(values(parameters, normal) == values(again, normal));
    CHECK(values(parameters, normal) != values(other, normal));

    double sum = 0, square = 0, maximum = 0;
    for (const double v : values(parameters, normal)) sum += v, square += v * v;
    CHECK(sum / 10000 == Approx(0).margin(5 * 0.02 / 100));  // five standard errors
    CHECK(std::sqrt(square / 10000) == Approx(0.02).epsilon(0.04));
    for (const double v : values(parameters, uniform)) maximum = std::max(maximum, std::abs(v));
    CHECK(maximum <= 0.5);
    CHECK(maximum > 0.49);
}

TEST_CASE("the size of one tensor does not change the values of another", "[parameters]") {
    P on = conformance::policy<P>(1);
    Numbers values[2];
    for (const Index rows : {4, 9}) {
        ParameterLayout layout;
        layout.claim("first", rows, 3, Init::normal(1));
        const TensorRef second = layout.claim("second", 5, 5, Init::normal(1));
        const Parameters<P> parameters(on, layout, 7);
        values[rows == 9] = conformance::downloaded<P>(on, parameters.view(second));
    }
    CHECK(values[0] == values[1]);
}

TEST_CASE("a context has values, and gradients only after attach", "[parameters]") {
    ParameterLayout layout;
    const TensorRef dense = layout.claim("dense", 2, 3, Init::ones());
    const TensorRef table = layout.claim("table", 4, 3, Init::ones(), Decay::no, ParameterBlock::table);
    const TensorRef frozen = layout.given("frozen", 1, 3, [](std::span<float>) {});
    P on = conformance::policy<P>(1);
    Workspace<P> work(on);
    const Parameters<P> parameters(on, layout, 1);
    Gradients<P> gradients(on, layout);
    Context<P> ctx = parameters.context(on, work);
    const auto last = [&](CRows<P> x) { return conformance::downloaded<P>(on, x).back(); };
    CHECK(last(ctx.value(dense)) == 1);
    CHECK(ctx.gradient(dense).empty());
    gradients.attach(ctx);
    nn::fill<P>(on, ctx.gradient(dense), 3);
    nn::fill<P>(on, ctx.gradient(table), 4);
    CHECK(last(gradients.view(dense)) == 3);
    CHECK(last(gradients.view(table)) == 4);
    CHECK(ctx.gradient(frozen).empty());
    CHECK(ctx.inputs_only().gradient(dense).empty());
    CHECK(ctx.inputs_only().gradient(table).empty());
    gradients.zero(on);
    CHECK(last(gradients.view(dense)) == 0);
    CHECK(last(gradients.view(table)) == 0);
}
