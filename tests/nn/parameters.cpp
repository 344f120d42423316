// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <coco/nn/elementwise.hpp>
#include <coco/nn/parameters.hpp>

#include "laws/here.hpp"
#include "laws/stage.hpp"

using namespace coco;
using P = laws::Here<double>;
using laws::Numbers;

TEST_CASE("initial values are drawn as claimed, a function of seed and tensor", "[parameters]") {
    Layout layout;
    const Slot one = layout.claim("one", 3, 5, Init::ones()),
               zero = layout.claim("zero", 1, 7, Init::zeros());
    const Slot normal = layout.claim("normal", 100, 100, Init::normal(0.02));
    const Slot uniform = layout.claim("uniform", 100, 100, Init::uniform(0.5), Decay::no, Home::table);
    const Slot given = layout.given("given", 2, 2, [](std::span<float> to) {
        for (std::size_t i = 0; i < to.size(); ++i) to[i] = static_cast<float>(i);
    });
    P on = laws::policy<P>(1);
    const Parameters<P> parameters(on, layout, 7), again(on, layout, 7), other(on, layout, 8);
    const auto values = [&](const Parameters<P>& from, const Slot& slot) {
        return laws::fetched<P>(on, from.view(slot));
    };
    CHECK(values(parameters, one) == Numbers(15, 1.0));
    CHECK(values(parameters, zero) == Numbers(7, 0.0));
    CHECK(values(parameters, given) == Numbers{0, 1, 2, 3});
    CHECK(values(parameters, normal) == values(again, normal));
    CHECK(values(parameters, normal) != values(other, normal));

    double sum = 0, square = 0, most = 0;
    for (const double v : values(parameters, normal)) sum += v, square += v * v;
    CHECK(sum / 10000 == Approx(0).margin(5 * 0.02 / 100));  // five standard errors
    CHECK(std::sqrt(square / 10000) == Approx(0.02).epsilon(0.04));
    for (const double v : values(parameters, uniform)) most = std::max(most, std::abs(v));
    CHECK(most <= 0.5);
    CHECK(most > 0.49);
}

TEST_CASE("another tensor's size changes no value of a tensor", "[parameters]") {
    P on = laws::policy<P>(1);
    Numbers values[2];
    for (const Index rows : {4, 9}) {
        Layout layout;
        layout.claim("first", rows, 3, Init::normal(1));
        const Slot second = layout.claim("second", 5, 5, Init::normal(1));
        const Parameters<P> parameters(on, layout, 7);
        values[rows == 9] = laws::fetched<P>(on, parameters.view(second));
    }
    CHECK(values[0] == values[1]);
}

TEST_CASE("a pass reads values, and gradients only once they are attached", "[parameters]") {
    Layout layout;
    const Slot dense = layout.claim("dense", 2, 3, Init::ones());
    const Slot table = layout.claim("table", 4, 3, Init::ones(), Decay::no, Home::table);
    const Slot frozen = layout.given("frozen", 1, 3, [](std::span<float>) {});
    P on = laws::policy<P>(1);
    Workspace<P> work(on);
    const Parameters<P> parameters(on, layout, 1);
    Gradients<P> gradients(on, layout);
    Run<P> run = parameters.run(on, work);
    const auto last = [&](CRows<P> x) { return laws::fetched<P>(on, x).back(); };
    CHECK(last(run.value(dense)) == 1);
    CHECK(run.gradient(dense).empty());
    gradients.attach(run);
    nn::fill<P>(on, run.gradient(dense), 3);
    nn::fill<P>(on, run.gradient(table), 4);
    CHECK(last(gradients.view(dense)) == 3);
    CHECK(last(gradients.view(table)) == 4);
    CHECK(run.gradient(frozen).empty());
    CHECK(run.inputs_only().gradient(dense).empty());
    CHECK(run.inputs_only().gradient(table).empty());
    gradients.zero(on);
    CHECK(last(gradients.view(dense)) == 0);
    CHECK(last(gradients.view(table)) == 0);
}
