// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <coco/nn/dropout.hpp>

#include "conformance/layer.hpp"
#include "conformance/policy_under_test.hpp"

using namespace coco;
using P = conformance::PolicyUnderTest<double>;

namespace {

struct Case {
    nn::Dropout dropout;

    explicit Case(ParameterLayout& layout) : dropout(layout, 0.4) {}
    static std::vector<conformance::Shape> inputs(Index rows) { return {{rows, 19}}; }
    template <class Policy>
    nn::Dropout::Saved<Policy> forward(Context<Policy>& ctx, const Sequence<Policy>& s,
                                       const conformance::In<Policy>& x) const {
        return dropout.forward(ctx, x[0], s.row_key);
    }
    template <class Policy>
    void backward(Context<Policy>& ctx, const Sequence<Policy>&, const nn::Dropout::Saved<Policy>& saved,
                  CRows<Policy> dy, const conformance::Out<Policy>& dx) const {
        dropout.backward(ctx, saved, dy, dx[0]);
    }
};

/// Dropout of a matrix of ones, rows x cols.
conformance::Numbers drop(double rate, Index rows, Index cols, std::uint32_t step, std::uint64_t seed,
                          Id first_key, bool training = true) {
    ParameterLayout layout;
    const nn::Dropout dropout(layout, rate);
    P on = conformance::policy<P>(1);
    Workspace<P> work(on);
    Parameters<P> parameters(on, layout, 1);
    Context<P> ctx = parameters.context(on, work);
    ctx.training = training;
    ctx.seed = seed;
    ctx.step = step;
    std::vector<Id> keys;
    for (Index i = 0; i < rows; ++i) keys.push_back(first_key + static_cast<Id>(i));
    const conformance::Numbers ones(static_cast<std::size_t>(rows * cols), 1.0);
    const CRows<P> x = conformance::uploaded(on, work, ones, {rows, cols});
    return conformance::downloaded<P>(
        on, dropout.forward(ctx, x, on.upload(std::span<const Id>(keys), work)).out);
}

}  // namespace

TEST_CASE("dropout passes the conformance test of a layer", "[dropout]") { conformance::layer<Case>(); }

TEST_CASE("dropout keeps 1 - rate of the elements and scales them", "[dropout]") {
    const Index rows = 500, cols = 61;
    const conformance::Numbers out = drop(0.3, rows, cols, 1, 5, 0);
    double saved = 0;
    for (const double v : out) {
        CHECK((v == 0 || v == Approx(1 / 0.7)));
        saved += v != 0;
    }
    // Tolerance: five standard deviations of a binomial proportion.
    CHECK(saved / 30500 == Approx(0.7).margin(5 * std::sqrt(0.21 / 30500)));
}

TEST_CASE("dropout's bits depend on seed, step and row key, not on the index of a row", "[dropout]") {
    const conformance::Numbers out = drop(0.5, 8, 24, 1, 5, 0), moved = drop(0.5, 7, 24, 1, 5, 1);
    CHECK(conformance::Numbers(out.begin() + 24, out.end()) == moved);
    CHECK(drop(0.5, 8, 24, 2, 5, 0) != out);
    CHECK(drop(0.5, 8, 24, 1, 6, 0) != out);
    ParameterLayout layout;
    CHECK(nn::Dropout(layout, 0.5).site() != nn::Dropout(layout, 0.5).site());
}

TEST_CASE("dropout returns its input when not training or at rate 0", "[dropout]") {
    const conformance::Numbers ones(48, 1.0);
    CHECK(drop(0.5, 2, 24, 1, 5, 0, false) == ones);
    CHECK(drop(0.0, 2, 24, 1, 5, 0) == ones);
}
