// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <coco/loss/quantization.hpp>

#include "conformance/loss.hpp"
#include "conformance/policy_under_test.hpp"

using namespace coco;
using P = conformance::PolicyUnderTest<double>;

namespace {

constexpr Index width = 5, codes = 4;

/// The codes have a gradient; e is constant (stop-gradient).
struct Case {
    Index groups;

    std::vector<conformance::Shape> inputs(Index) const { return {{codes, width}}; }
    static std::vector<Write> writes() { return {Write::add}; }
    static Id nearest(Index g) { return static_cast<Id>(g % 3); }
    conformance::Numbers e() const { return conformance::normals(groups * width, 17); }
    template <class Policy>
    void step(Context<Policy>& ctx, const conformance::In<Policy>& x, double weight,
              typename Policy::Scalar* loss, const conformance::Out<Policy>& dx) const {
        std::vector<Id> near;
        for (Index g = 0; g < groups; ++g) near.push_back(nearest(g));
        const CRows<Policy> held = conformance::uploaded(ctx.on, ctx.work, e(), {groups, width});
        loss::quantization<Policy>(ctx, held, x[0], conformance::ids(ctx.on, ctx.work, near), weight, loss,
                                   dx[0]);
    }
};

}  // namespace

TEST_CASE("quantization passes the conformance test of a loss", "[quantization]") {
    conformance::loss(Case{11});
    conformance::loss(Case{900});
}

TEST_CASE("quantization equals the mean squared distance to the nearest code", "[quantization]") {
    const Case test{11};
    const auto inputs = conformance::loss_inputs(test, codes);
    const auto e = test.e();
    double expected = 0;
    for (std::size_t g = 0; g < 11; ++g)
        for (std::size_t j = 0; j < 5; ++j)
            expected += std::pow(e[g * 5 + j] - inputs[0][g % 3 * 5 + j], 2) / 11;
    const auto o = conformance::loss_step<P>(test, inputs, codes, 1, 0);
    CHECK(o.loss == Approx(expected).epsilon(1e-12));
    // A code that is nearest to no row gets no gradient.
    CHECK(conformance::length(conformance::Numbers(o.dx[0].begin() + 3 * width, o.dx[0].end())) == 0);
}

TEST_CASE("quantization without groups does nothing", "[quantization]") {
    const Case test{0};
    CHECK(conformance::loss_step<P>(test, conformance::loss_inputs(test, codes), codes, 1, 0.5).loss == 0.5);
}
