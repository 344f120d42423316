// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <numeric>

#include <coco/loss/info_nce.hpp>

#include "conformance/loss.hpp"
#include "conformance/policy_under_test.hpp"

using namespace coco;
using P = conformance::PolicyUnderTest<double>;

namespace {

constexpr Index width = 5, items = 6;
constexpr double temperature = 0.3;

struct Case {
    bool exclude = true;

    std::vector<conformance::Shape> inputs(Index rows) const { return {{rows, width}, {items, width}}; }
    static std::vector<Write> writes() { return {Write::set, Write::add}; }
    static Id item(Index i) { return static_cast<Id>(i * 3 % 5); }
    /// Rows come in pairs; a row excludes the other row of its pair and repetitions of its item.
    bool excluded(Index i, Index j) const {
        return exclude && i != j && (i / 2 == j / 2 || item(i) == item(j));
    }
    template <class Policy>
    void step(Context<Policy>& ctx, const conformance::In<Policy>& x, double weight,
              typename Policy::Scalar* loss, const conformance::Out<Policy>& dx) const {
        std::vector<Id> target, self(static_cast<std::size_t>(x[0].rows)), out;
        std::iota(self.begin(), self.end(), 0);
        Offsets of_row;
        for (Index i = 0; i < x[0].rows; ++i) {
            target.push_back(item(i));
            Index n = 0;
            for (Index j = 0; j < x[0].rows; ++j)
                if (excluded(i, j)) out.push_back(static_cast<Id>(j)), ++n;
            of_row.push(n);
        }
        Targets<Policy> t;
        t.item = conformance::ids(ctx.on, ctx.work, target);
        t.by_item = conformance::inverse(ctx.on, ctx.work, target, items);
        if (exclude) {
            t.excluded_of = conformance::segments(ctx.on, ctx.work, of_row);
            t.excluded = conformance::ids(ctx.on, ctx.work, out);
        }
        t.self = conformance::ids(ctx.on, ctx.work, self);
        loss::info_nce<Policy>(ctx, x[0], x[1], t, temperature, weight, loss, dx[0], dx[1]);
    }
};

}  // namespace

TEST_CASE("InfoNCE passes the conformance test of a loss", "[info_nce]") {
    conformance::loss(Case{true});
    conformance::loss(Case{false});
}

TEST_CASE("InfoNCE equals its formula with excluded targets", "[info_nce]") {
    const Index rows = 11;
    for (const bool exclude : {true, false}) {
        const Case test{exclude};
        const auto inputs = conformance::loss_inputs(test, rows);
        const auto row = [&](std::size_t k, Index i) {
            const auto first = inputs[k].begin() + i * width;
            return conformance::Numbers(first, first + width);
        };
        double expected = 0;
        for (Index i = 0; i < rows; ++i) {
            const auto h = row(0, i);
            double sum = 0, own = 0;
            for (Index j = 0; j < rows; ++j) {
                if (test.excluded(i, j)) continue;
                const auto v = row(1, Case::item(j));
                const double cosine =
                    conformance::dot(h, v) / conformance::length(h) / conformance::length(v);
                sum += std::exp(cosine / temperature);
                if (i == j) own = cosine / temperature;
            }
            expected += (std::log(sum) - own) / static_cast<double>(rows);
        }
        const auto o = conformance::loss_step<P>(test, inputs, rows, 1, 0);
        CHECK(o.loss == Approx(expected).epsilon(1e-12));
        CHECK(o.loss >= 0);
        CHECK(o.loss <= 2 / temperature + std::log(static_cast<double>(rows)));
        // Items that are no target are not negatives: items from 5 on are not among the targets.
        CHECK(conformance::length(conformance::Numbers(o.dx[1].begin() + 5 * width, o.dx[1].end())) == 0);
    }
}

TEST_CASE("InfoNCE of a target without negatives is zero; without targets nothing is changed", "[info_nce]") {
    const Case test;
    const auto alone = conformance::loss_step<P>(test, conformance::loss_inputs(test, 1), 1, 1, 0);
    CHECK(alone.loss == Approx(0).margin(1e-15));
    CHECK(conformance::length(alone.dx[0]) < 1e-15);
    CHECK(conformance::loss_step<P>(test, conformance::loss_inputs(test, 0), 0, 1, 0.5).loss == 0.5);
}
