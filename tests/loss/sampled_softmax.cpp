// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <cmath>
#include <numeric>

#include <coco/loss/cross_entropy.hpp>
#include <coco/loss/info_nce.hpp>
#include <coco/loss/sampled_softmax.hpp>

#include "conformance/objective.hpp"
#include "conformance/policy_under_test.hpp"

using namespace coco;
using P = conformance::PolicyUnderTest<double>;

namespace {

constexpr Index width = 5, items = 8;

struct Case {
    loss::SampledSoftmax objective;
    std::vector<Id> shared, shared_weight;
    Index total = items;
    bool full = false;  ///< cross-entropy over the catalogue instead

    std::vector<conformance::Shape> inputs(Index rows) const { return {{rows, width}, {items, width}}; }
    static Id item(Index i) { return static_cast<Id>(i * 3 % items); }
    static Id weight_of(Index i) { return static_cast<Id>(1 + i % 4); }
    template <class Policy>
    void step(Context<Policy>& ctx, const conformance::In<Policy>& x, double weight,
              typename Policy::Scalar* loss, const conformance::Out<Policy>& dx) const {
        std::vector<Id> target, target_weight;
        for (Index i = 0; i < x[0].rows; ++i) {
            target.push_back(item(i));
            target_weight.push_back(weight_of(i));
        }
        Targets<Policy> t;
        t.item = conformance::ids(ctx.on, ctx.work, target);
        t.by_item = conformance::inverse(ctx.on, ctx.work, target, items);
        t.shared = conformance::ids(ctx.on, ctx.work, shared);
        t.by_shared = conformance::inverse(ctx.on, ctx.work, shared, items);
        t.shared_weight = conformance::ids(ctx.on, ctx.work, shared_weight);
        t.item_weight = conformance::ids(ctx.on, ctx.work, target_weight);
        t.shared_total = total;
        if (full)
            loss::CrossEntropy::step(ctx, x[0], x[1], t, weight, loss, dx[0], dx[1]);
        else
            objective.step(ctx, x[0], x[1], t, weight, loss, dx[0], dx[1]);
    }
};

}  // namespace

TEST_CASE("sampled softmax passes the conformance test of an objective", "[sampled_softmax]") {
    for (const loss::LogQ log_q : {loss::LogQ::none, loss::LogQ::negatives, loss::LogQ::all})
        conformance::objective(loss::SampledSoftmax({.log_q = log_q, .temperature = 0.7}));
    conformance::objective(loss::InfoNce({.temperature = 0.4}));
}

TEST_CASE("sampled softmax equals its formula", "[sampled_softmax]") {
    const Index rows = 9;
    for (const loss::LogQ log_q : {loss::LogQ::none, loss::LogQ::negatives, loss::LogQ::all}) {
        const Case test{
            loss::SampledSoftmax({.log_q = log_q, .temperature = 0.6}), {3, 1, 3, 6}, {2, 5, 2, 1}, 10};
        const auto inputs = conformance::loss_inputs(test, rows);
        const auto score = [&](Index i, Id j) {
            double sum = 0;
            for (Index k = 0; k < width; ++k)
                sum += inputs[0][static_cast<std::size_t>(i * width + k)] *
                       inputs[1][static_cast<std::size_t>(j * width + k)];
            return sum / 0.6;
        };
        const auto log_nq = [](Id weight) { return std::log(4 * weight / 10.0); };
        double expected = 0;
        for (Index i = 0; i < rows; ++i) {
            const double own =
                score(i, Case::item(i)) - (log_q == loss::LogQ::all ? log_nq(Case::weight_of(i)) : 0);
            double sum = std::exp(own);
            for (std::size_t j = 0; j < test.shared.size(); ++j)
                if (test.shared[j] != Case::item(i))
                    sum += std::exp(score(i, test.shared[j]) -
                                    (log_q == loss::LogQ::none ? 0 : log_nq(test.shared_weight[j])));
            expected += (std::log(sum) - own) / static_cast<double>(rows);
        }
        CHECK(conformance::loss_step<P>(test, inputs, rows, 1, 0).loss == Approx(expected).epsilon(1e-12));
    }
}

TEST_CASE("sampled softmax over each item once is cross-entropy over the catalogue", "[sampled_softmax]") {
    Case sampled{loss::SampledSoftmax(loss::SampledSoftmax::Config{.negatives = items}),
                 std::vector<Id>(static_cast<std::size_t>(items)),
                 std::vector<Id>(static_cast<std::size_t>(items), 1)};
    std::iota(sampled.shared.begin(), sampled.shared.end(), 0);
    Case full = sampled;
    full.full = true;
    const auto inputs = conformance::loss_inputs(sampled, 7);
    const auto a = conformance::loss_step<P>(sampled, inputs, 7, 0.5, 0),
               b = conformance::loss_step<P>(full, inputs, 7, 0.5, 0);
    CHECK(a.loss == Approx(b.loss).epsilon(1e-12));
    for (const std::size_t k : {0u, 1u})
        for (std::size_t i = 0; i < a.dx[k].size(); ++i)
            CHECK(a.dx[k][i] == Approx(b.dx[k][i]).margin(1e-13));
}

TEST_CASE("sampled softmax: finite at any scores, nothing to learn where every negative is the target",
          "[sampled_softmax]") {
    Case test{loss::SampledSoftmax(), {0, 0}, {1, 1}};
    auto inputs = conformance::loss_inputs(test, 1);
    const auto same = conformance::loss_step<P>(test, inputs, 1, 1, 0);
    CHECK(same.loss == 0);
    CHECK(conformance::length(same.dx[0]) == 0);
    test.shared = {0, 5};
    for (double& v : inputs[0]) v = 1e4;
    const auto large = conformance::loss_step<P>(test, inputs, 1, 1, 0);
    CHECK(std::isfinite(large.loss));
    CHECK(std::isfinite(conformance::length(large.dx[1])));
}
