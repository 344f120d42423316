// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <coco/loss/cross_entropy.hpp>

#include "conformance/loss.hpp"
#include "conformance/policy_under_test.hpp"

using namespace coco;
using P = conformance::PolicyUnderTest<double>;

namespace {

constexpr Index width = 5;

struct Case {
    Index items;

    std::vector<conformance::Shape> inputs(Index rows) const { return {{rows, width}, {items, width}}; }
    static std::vector<Write> writes() { return {Write::set, Write::add}; }
    std::vector<Id> targets(Index rows) const {
        std::vector<Id> item;
        for (Index i = 0; i < rows; ++i) item.push_back(static_cast<Id>(i * 5 % items));
        return item;
    }
    template <class Policy>
    void step(Context<Policy>& ctx, const conformance::In<Policy>& x, double weight,
              typename Policy::Scalar* loss, const conformance::Out<Policy>& dx) const {
        Targets<Policy> t;
        t.item = conformance::ids(ctx.on, ctx.work, targets(x[0].rows));
        loss::CrossEntropy::step(ctx, x[0], x[1], t, weight, loss, dx[0], dx[1]);
    }
};

}  // namespace

TEST_CASE("cross-entropy passes the conformance test of a loss", "[cross_entropy]") {
    conformance::loss(Case{9});
}

TEST_CASE("cross-entropy equals the mean of -log softmax", "[cross_entropy]") {
    const Case test{9};
    const auto inputs = conformance::loss_inputs(test, 7);
    const auto target = test.targets(7);
    double expected = 0;
    for (std::size_t i = 0; i < 7; ++i) {
        double sum = 0, own = 0;
        for (std::size_t c = 0; c < 9; ++c) {
            double score = 0;
            for (std::size_t k = 0; k < 5; ++k) score += inputs[0][i * 5 + k] * inputs[1][c * 5 + k];
            sum += std::exp(score);
            if (static_cast<Id>(c) == target[i]) own = score;
        }
        expected += (std::log(sum) - own) / 7;
    }
    CHECK(conformance::loss_step<P>(test, inputs, 7, 1, 0).loss == Approx(expected).epsilon(1e-12));
}

TEST_CASE("cross-entropy over a catalogue of one item is zero, and so are its gradients", "[cross_entropy]") {
    const Case test{1};
    const auto o = conformance::loss_step<P>(test, conformance::loss_inputs(test, 4), 4, 1, 0);
    CHECK(std::abs(o.loss) < 1e-15);
    CHECK(conformance::length(o.dx[0]) < 1e-15);
    CHECK(conformance::length(o.dx[1]) < 1e-15);
}

TEST_CASE("cross-entropy of equal scores is log of the number of items, and large scores are finite",
          "[cross_entropy]") {
    const Case test{9};
    auto inputs = conformance::loss_inputs(test, 6);
    for (double& v : inputs[0]) v = 0;
    CHECK(conformance::loss_step<P>(test, inputs, 6, 1, 0).loss == Approx(std::log(9.0)).epsilon(1e-14));
    for (double& v : inputs[0]) v = 1e4;
    const auto o = conformance::loss_step<P>(test, inputs, 6, 1, 0);
    CHECK(std::isfinite(o.loss));
    CHECK(std::isfinite(conformance::length(o.dx[1])));
}

TEST_CASE("cross-entropy: without targets nothing is changed", "[cross_entropy]") {
    const Case test{9};
    CHECK(conformance::loss_step<P>(test, conformance::loss_inputs(test, 0), 0, 1, 0.5).loss == 0.5);
}
