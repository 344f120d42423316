// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <coco/nn/gated_feed_forward.hpp>

#include "laws/here.hpp"
#include "laws/stage.hpp"

using namespace coco;

namespace {

constexpr Index width = 5, hidden = 7;

struct Case {
    nn::GatedFeedForward<> stage;

    explicit Case(Layout& layout) : stage(layout, "gated", width, hidden, Init::normal(0.5)) {}
    static std::vector<laws::Shape> inputs(Index rows) { return {{rows, width}}; }
    template <class P>
    typename nn::GatedFeedForward<>::template Kept<P> forward(Run<P>& run, const Sequence<P>&,
                                                              const laws::In<P>& x) const {
        return stage.forward(run, x[0]);
    }
    template <class P>
    void backward(Run<P>& run, const Sequence<P>&,
                  const typename nn::GatedFeedForward<>::template Kept<P>& kept, CRows<P> dy,
                  const laws::Out<P>& dx) const {
        stage.backward(run, kept, dy, dx[0]);
    }
};

}  // namespace

TEST_CASE("gated feed-forward: the law of stages") { laws::stage<Case>(); }

TEST_CASE("gated feed-forward: the formula, written out") {
    using P = laws::Here<double>;
    laws::Bench<P, Case> bench([](Layout& layout) { return Case(layout); }, 4, 1);
    const laws::Numbers &gate_up = bench.values[0], &down = bench.values[1], &x = bench.inputs[0];
    laws::Numbers expected(4 * width, 0.0);
    const auto at = [](const laws::Numbers& m, Index i, Index j, Index cols) {
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
    CHECK(laws::distance(bench.forward(), expected) < 1e-12);
}
