// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <coco/loss/bce.hpp>

#include "conformance/loss.hpp"
#include "conformance/policy_under_test.hpp"

using namespace coco;
using P = conformance::PolicyUnderTest<double>;

namespace {

constexpr Index width = 5, items = 6;

struct Case {
    std::vector<conformance::Shape> inputs(Index rows) const { return {{rows, width}, {items, width}}; }
    static std::vector<Write> writes() { return {Write::set, Write::add}; }
    /// Few items, so that one item is the positive of some rows, the negative of others, and repeated.
    static Id positive(Index i) { return static_cast<Id>(i % 4); }
    static Id negative(Index i) { return static_cast<Id>((i + 1 + i / 3 % 4) % items); }
    template <class Policy>
    void step(Context<Policy>& ctx, const conformance::In<Policy>& x, double weight,
              typename Policy::Scalar* loss, const conformance::Out<Policy>& dx) const {
        std::vector<Id> yes, no;
        for (Index i = 0; i < x[0].rows; ++i) yes.push_back(positive(i)), no.push_back(negative(i));
        Targets<Policy> t;
        t.item = conformance::ids(ctx.on, ctx.work, yes);
        t.negative = conformance::ids(ctx.on, ctx.work, no);
        t.by_item = conformance::inverse(ctx.on, ctx.work, yes, items);
        t.by_negative = conformance::inverse(ctx.on, ctx.work, no, items);
        loss::Bce::step(ctx, x[0], x[1], t, weight, loss, dx[0], dx[1]);
    }
};

}  // namespace

TEST_CASE("binary cross-entropy passes the conformance test of a loss", "[bce]") {
    conformance::loss(Case{});
}

TEST_CASE("binary cross-entropy equals its formula", "[bce]") {
    const Case test;
    const auto inputs = conformance::loss_inputs(test, 7);
    const auto score = [&](std::size_t i, Id item) {
        double sum = 0;
        for (std::size_t k = 0; k < 5; ++k)
            sum += inputs[0][i * 5 + k] * inputs[1][static_cast<std::size_t>(item) * 5 + k];
        return sum;
    };
    double expected = 0;
    for (std::size_t i = 0; i < 7; ++i) {
        const Index row = static_cast<Index>(i);
        expected -= std::log(1 / (1 + std::exp(-score(i, Case::positive(row))))) / 7;
        expected -= std::log(1 - 1 / (1 + std::exp(-score(i, Case::negative(row))))) / 7;
    }
    CHECK(conformance::loss_step<P>(test, inputs, 7, 1, 0).loss == Approx(expected).epsilon(1e-12));
}

TEST_CASE("binary cross-entropy: 2 log 2 at zero scores, finite at any scores, nothing without targets",
          "[bce]") {
    const Case test;
    auto inputs = conformance::loss_inputs(test, 6);
    for (double& v : inputs[0]) v = 0;
    CHECK(conformance::loss_step<P>(test, inputs, 6, 1, 0).loss == Approx(2 * std::log(2.0)).epsilon(1e-14));
    for (double& v : inputs[0]) v = 1e4;
    const auto o = conformance::loss_step<P>(test, inputs, 6, 1, 0);
    CHECK(std::isfinite(o.loss));
    CHECK(o.loss >= 0);
    CHECK(std::isfinite(conformance::length(o.dx[1])));
    CHECK(conformance::loss_step<P>(test, conformance::loss_inputs(test, 0), 0, 1, 0.5).loss == 0.5);
}
