// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <coco/nn/gated_feed_forward.hpp>

#include "conformance/layer.hpp"
#include "conformance/policy_under_test.hpp"

using namespace coco;

namespace {

constexpr Index width = 5, hidden = 7;

struct Case {
    nn::GatedFeedForward<> stage;

    explicit Case(ParameterLayout& layout) : stage(layout, "gated", width, hidden, Init::normal(0.5)) {}
    static std::vector<conformance::Shape> inputs(Index rows) { return {{rows, width}}; }
    template <class P>
    typename nn::GatedFeedForward<>::template Saved<P> forward(Context<P>& ctx, const Sequence<P>&,
                                                               const conformance::In<P>& x) const {
        return stage.forward(ctx, x[0]);
    }
    template <class P>
    void backward(Context<P>& ctx, const Sequence<P>&,
                  const typename nn::GatedFeedForward<>::template Saved<P>& saved, CRows<P> dy,
                  const conformance::Out<P>& dx) const {
        stage.backward(ctx, saved, dy, dx[0]);
    }
};

}  // namespace

TEST_CASE("gated feed-forward: passes the conformance test of a layer") { conformance::layer<Case>(); }

TEST_CASE("gated feed-forward: equals its formula") {
    using P = conformance::PolicyUnderTest<double>;
    conformance::Bench<P, Case> bench([](ParameterLayout& layout) { return Case(layout); }, 4, 1);
    const conformance::Numbers &gate_up = bench.values[0], &down = bench.values[1], &x = bench.inputs[0];
    conformance::Numbers expected(4 * width, 0.0);
    const auto at = [](const conformance::Numbers& m, Index i, Index j, Index cols) {
        return m[static_cast<std::size_t>(i * cols + j)];
    };
    for (Index i = 0; i < 4; ++i)
        for (Index h = 0; h < hidden; ++h) {
            double gate = 0, up = 0;
            for (Index j = 0; j < width; ++j) {
                gate += at(x, i, j, width) * at(gate_up, h, j, width);
                up += at(x, i, j, width) * at(gate_up, hidden + h, j, width);
            }
            for (Index j = 0; j < width; ++j)
                expected[static_cast<std::size_t>(i * width + j)] +=
                    gate / (1 + std::exp(-gate)) * up * at(down, j, h, hidden);
        }
    CHECK(conformance::distance(bench.forward(), expected) < 1e-12);
}
