// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <cmath>

#include <coco/nn/temperature.hpp>

#include "conformance/layer.hpp"
#include "conformance/policy_under_test.hpp"

using namespace coco;
using P = conformance::PolicyUnderTest<double>;

namespace {

struct Case {
    nn::Temperature temperature;

    template <class P>
    struct Saved {
        CRows<P> out;
    };

    Case(ParameterLayout& layout, double least)
        : temperature(layout, "sharpness", 0.5, ParameterBlock::dense, least) {}
    static std::vector<conformance::Shape> inputs(Index rows) { return {{rows, 5}}; }
    template <class P>
    Saved<P> forward(Context<P>& ctx, const Sequence<P>&, const conformance::In<P>& x) const {
        return {temperature.forward(ctx, x[0])};
    }
    template <class P>
    void backward(Context<P>& ctx, const Sequence<P>&, const Saved<P>& saved, CRows<P> dy,
                  const conformance::Out<P>& dx) const {
        temperature.backward(ctx, saved.out, dy, dx[0]);
    }
};

/// x = 1 divided by a temperature of 0.5 at first and at least `least`.
double inverse(double least, double sharpness) {
    ParameterLayout layout;
    const Case layer(layout, least);
    P on = conformance::policy<P>(1);
    Workspace<P> work(on);
    Parameters<P> parameters(on, layout, 1);
    on.upload(&sharpness, parameters.list(layout.tensors()[0].ref));
    Context<P> ctx = parameters.context(on, work);
    const Rows<P> x = conformance::uploaded(on, work, {1.0}, {1, 1});
    return conformance::downloaded<P>(on, CRows<P>(layer.temperature.forward(ctx, CRows<P>(x))))[0];
}

}  // namespace

TEST_CASE("a temperature passes the conformance test of a layer, with a least one and without",
          "[temperature]") {
    for (const double least : {0.0, 0.2})
        conformance::layer<Case>([&](ParameterLayout& layout) { return Case(layout, least); });
}

TEST_CASE("a temperature is least + (start - least) exp(-s), and never below least", "[temperature]") {
    for (const double least : {0.0, 0.2})
        for (const double s : {-3.0, 0.0, 1.0, 4.0})
            CHECK(inverse(least, s) == Approx(1 / (least + (0.5 - least) * std::exp(-s))).epsilon(1e-12));
    CHECK(inverse(0.2, 0) == Approx(2).epsilon(1e-15));
    CHECK(inverse(0.2, 80) == Approx(5).epsilon(1e-15));
    CHECK(inverse(0.2, 80) <= 5);
}
