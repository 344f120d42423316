// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <cmath>

#include <coco/loss/sigmoid_margin.hpp>

#include "conformance/loss.hpp"
#include "conformance/policy_under_test.hpp"

using namespace coco;
using P = conformance::PolicyUnderTest<double>;

namespace {

constexpr Index width = 5, catalogue = 6;

/// Three rows each.
struct OfRows {
    std::vector<conformance::Shape> inputs(Index rows) const {
        return {{rows, width}, {rows, width}, {rows, width}};
    }
    static std::vector<Write> writes() { return {Write::set, Write::set, Write::set}; }
    template <class Policy>
    void step(Context<Policy>& ctx, const conformance::In<Policy>& x, double weight,
              typename Policy::Scalar* loss, const conformance::Out<Policy>& dx) const {
        loss::sigmoid_margin<Policy>(ctx, x[0], x[1], x[2], weight / 10, loss, dx[0], dx[1], dx[2]);
    }
};

/// Pairs of few items, and five more targets behind them, which have another loss.
struct OfItems {
    std::vector<conformance::Shape> inputs(Index rows) const { return {{rows, width}, {catalogue, width}}; }
    static std::vector<Write> writes() { return {Write::set, Write::add}; }
    static Id positive(Index i) { return static_cast<Id>(i % 4); }
    static Id negative(Index i) { return static_cast<Id>((i + 1 + i / 3 % 4) % catalogue); }
    template <class Policy>
    void step(Context<Policy>& ctx, const conformance::In<Policy>& x, double weight,
              typename Policy::Scalar* loss, const conformance::Out<Policy>& dx) const {
        std::vector<Id> yes, no;
        for (Index i = 0; i < x[0].rows + 5; ++i) yes.push_back(positive(i));
        for (Index i = 0; i < x[0].rows; ++i) no.push_back(negative(i));
        Targets<Policy> t;
        t.item = conformance::ids(ctx.on, ctx.work, yes);
        t.negative = conformance::ids(ctx.on, ctx.work, no);
        t.by_item = conformance::inverse(ctx.on, ctx.work, yes, catalogue);
        t.by_negative = conformance::inverse(ctx.on, ctx.work, no, catalogue);
        loss::sigmoid_margin_of_items<Policy>(ctx, x[0], x[1], t, weight / 10, loss, dx[0], dx[1]);
    }
};

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

}  // namespace

TEST_CASE("sigmoid margin passes the conformance test of a loss, of rows and of items", "[sigmoid_margin]") {
    conformance::loss(OfRows{});
    conformance::loss(OfItems{});
}

TEST_CASE("sigmoid margin equals its formula", "[sigmoid_margin]") {
    const auto product = [](const conformance::Numbers& a, std::size_t i, const conformance::Numbers& b,
                            std::size_t k) {
        double sum = 0;
        for (std::size_t j = 0; j < 5; ++j) sum += a[i * 5 + j] * b[k * 5 + j];
        return sum;
    };
    const auto rows = conformance::loss_inputs(OfRows{}, 7), items = conformance::loss_inputs(OfItems{}, 7);
    double of_rows = 0, of_items = 0;
    for (std::size_t i = 0; i < 7; ++i) {
        const auto yes = static_cast<std::size_t>(OfItems::positive(static_cast<Index>(i))),
                   no = static_cast<std::size_t>(OfItems::negative(static_cast<Index>(i)));
        of_rows -= std::log(sigmoid(sigmoid(product(rows[0], i, rows[1], i)) -
                                    sigmoid(product(rows[0], i, rows[2], i)))) /
                   10;
        of_items -= std::log(sigmoid(sigmoid(product(items[0], i, items[1], yes)) -
                                     sigmoid(product(items[0], i, items[1], no)))) /
                    10;
    }
    CHECK(conformance::loss_step<P>(OfRows{}, rows, 7, 1, 0).loss == Approx(of_rows).epsilon(1e-12));
    CHECK(conformance::loss_step<P>(OfItems{}, items, 7, 1, 0).loss == Approx(of_items).epsilon(1e-12));
}

TEST_CASE("sigmoid margin is bounded: by 0.31 and 1.31 a row, without a gradient where both are certain",
          "[sigmoid_margin]") {
    auto inputs = conformance::loss_inputs(OfRows{}, 4);
    for (double& v : inputs[0]) v = 10;
    for (double& v : inputs[1]) v = 10;
    for (double& v : inputs[2]) v = -10;
    const auto apart = conformance::loss_step<P>(OfRows{}, inputs, 4, 10, 0);
    CHECK(apart.loss == Approx(4 * std::log(1 + std::exp(-1.0))));
    CHECK(conformance::length(apart.dx[0]) < 1e-100);
    std::swap(inputs[1], inputs[2]);
    CHECK(conformance::loss_step<P>(OfRows{}, inputs, 4, 10, 0).loss ==
          Approx(4 * std::log(1 + std::exp(1.0))));
    CHECK(conformance::loss_step<P>(OfRows{}, conformance::loss_inputs(OfRows{}, 0), 0, 1, 0.5).loss == 0.5);
    const auto none = conformance::loss_step<P>(OfItems{}, conformance::loss_inputs(OfItems{}, 0), 0, 1, 0.5);
    CHECK(none.dx[1] == conformance::Numbers(catalogue * width, 0.5));
}
