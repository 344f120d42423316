// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <cmath>

#include <coco/loss/multi_label.hpp>

#include "conformance/loss.hpp"
#include "conformance/policy_under_test.hpp"

using namespace coco;
using P = conformance::PolicyUnderTest<double>;

namespace {

constexpr Index width = 5, vocabulary = 7;
/// Of three bags, the second of which is empty.
const std::vector<Id> offsets{0, 3, 3, 4}, label{6, 0, 2, 0};

struct Case {
    Index at_a_time = Index{1} << 20;

    std::vector<conformance::Shape> inputs(Index rows) const { return {{rows, width}, {vocabulary, width}}; }
    static std::vector<Write> writes() { return {Write::set, Write::add}; }
    static std::size_t bag(Index i) { return static_cast<std::size_t>(i * 2 % 3); }
    template <class Policy>
    void step(Context<Policy>& ctx, const conformance::In<Policy>& x, double weight,
              typename Policy::Scalar* loss, const conformance::Out<Policy>& dx) const {
        std::vector<Id> bags;
        for (Index i = 0; i < x[0].rows; ++i) bags.push_back(static_cast<Id>(bag(i)));
        loss::multi_label<Policy>(
            ctx, x[0], x[1], conformance::ids(ctx.on, ctx.work, bags),
            {conformance::ids(ctx.on, ctx.work, offsets), conformance::ids(ctx.on, ctx.work, label)},
            weight / 10, loss, dx[0], dx[1], at_a_time);
    }
};

}  // namespace

TEST_CASE("multi-label cross-entropy passes the conformance test of a loss, whole and in chunks",
          "[multi_label]") {
    conformance::loss(Case{});
    conformance::loss(Case{4 * vocabulary});
}

TEST_CASE("multi-label cross-entropy equals its formula", "[multi_label]") {
    const auto inputs = conformance::loss_inputs(Case{}, 8);
    double expected = 0;
    for (std::size_t i = 0; i < 8; ++i)
        for (std::size_t l = 0; l < 7; ++l) {
            double x = 0;
            for (std::size_t j = 0; j < 5; ++j) x += inputs[0][i * 5 + j] * inputs[1][l * 5 + j];
            const std::size_t bag = Case::bag(static_cast<Index>(i));
            const bool has = std::count(label.begin() + offsets[bag], label.begin() + offsets[bag + 1],
                                        static_cast<Id>(l)) > 0;
            const double share = 1 / (1 + std::exp(-x));
            expected -= std::log(has ? share : 1 - share) / 10;
        }
    for (const Index at_a_time : {Index{1}, 3 * vocabulary, 100 * vocabulary}) {
        const auto found = conformance::loss_step<P>(Case{at_a_time}, inputs, 8, 1, 0);
        CHECK(found.loss == Approx(expected).epsilon(1e-12));
    }
}

TEST_CASE("multi-label cross-entropy: log 2 a label at zero scores, finite at any, nothing without rows",
          "[multi_label]") {
    auto inputs = conformance::loss_inputs(Case{}, 6);
    for (double& v : inputs[0]) v = 0;
    CHECK(conformance::loss_step<P>(Case{}, inputs, 6, 10, 0).loss == Approx(6 * 7 * std::log(2.0)));
    for (double& v : inputs[0]) v = 1e4;
    const auto o = conformance::loss_step<P>(Case{}, inputs, 6, 1, 0);
    CHECK(std::isfinite(o.loss));
    CHECK(std::isfinite(conformance::length(o.dx[1])));
    CHECK(conformance::loss_step<P>(Case{}, conformance::loss_inputs(Case{}, 0), 0, 1, 0.5).loss == 0.5);
}
