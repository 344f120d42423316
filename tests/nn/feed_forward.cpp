// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <coco/nn/feed_forward.hpp>

#include "conformance/layer.hpp"
#include "conformance/policy_under_test.hpp"

using namespace coco;
using nn::Activation;

namespace {

template <Activation kind>
struct Case {
    nn::FeedForward stage;

    explicit Case(ParameterLayout& layout) : stage(layout, "ff", 6, 11, kind, Init::normal(1)) {}
    static std::vector<conformance::Shape> inputs(Index rows) { return {{rows, 6}}; }
    template <class P>
    nn::FeedForward::Saved<P> forward(Context<P>& ctx, const Sequence<P>&,
                                      const conformance::In<P>& x) const {
        return stage.forward(ctx, x[0]);
    }
    template <class P>
    void backward(Context<P>& ctx, const Sequence<P>&, const nn::FeedForward::Saved<P>& saved, CRows<P> dy,
                  const conformance::Out<P>& dx) const {
        stage.backward(ctx, saved, dy, dx[0]);
    }
};

}  // namespace

TEST_CASE("the feed-forward passes the conformance test of a layer", "[feed_forward]") {
    conformance::layer<Case<Activation::gelu>>();
    conformance::layer<Case<Activation::gelu_tanh>>();
    conformance::layer<Case<Activation::relu>>();
}

TEST_CASE("activations equal their formulas", "[feed_forward]") {
    // PyTorch 2: torch.nn.functional.gelu of doubles, approximate='none' and 'tanh'.
    const double x[] = {-3, -1, -0.5, 0, 0.5, 1, 3};
    const double erf[] = {-0.00404969409489031, -0.15865525393145702, -0.15426876936299344, 0,
                          0.34573123063700656,  0.841344746068543,    2.99595030590511};
    const double by_tanh[] = {-0.0036373920817729943, -0.15880800939172324, -0.15428599017485606, 0,
                              0.34571400982514394,    0.8411919906082768,   2.996362607918227};
    for (int i = 0; i < 7; ++i) {
        CHECK(nn::activate(Activation::gelu, x[i]).value == Approx(erf[i]).epsilon(1e-12).margin(1e-15));
        CHECK(nn::activate(Activation::gelu_tanh, x[i]).value ==
              Approx(by_tanh[i]).epsilon(1e-12).margin(1e-15));
        CHECK(nn::activate(Activation::relu, x[i]).value == (x[i] > 0 ? x[i] : 0));
        CHECK(nn::activate(Activation::gelu, static_cast<float>(x[i])).value == Approx(erf[i]).margin(5e-7));
    }
}

TEST_CASE("the feed-forward equals two linear maps with an activation between them", "[feed_forward]") {
    conformance::Bench<conformance::PolicyUnderTest<double>, Case<Activation::gelu>> bench(
        [](ParameterLayout& layout) { return Case<Activation::gelu>(layout); }, 11, 1);
    const conformance::Numbers out = bench.forward(), &x = bench.inputs[0];
    const auto &w1 = bench.values[0], &b1 = bench.values[1], &w2 = bench.values[2], &b2 = bench.values[3];
    for (std::size_t i = 0; i < 11; ++i)
        for (std::size_t o = 0; o < 6; ++o) {
            double y = b2[o];
            for (std::size_t h = 0; h < 11; ++h) {
                double z = b1[h];
                for (std::size_t k = 0; k < 6; ++k) z += x[i * 6 + k] * w1[h * 6 + k];
                y += w2[o * 11 + h] * z * 0.5 * (1 + std::erf(z / std::sqrt(2.0)));
            }
            CHECK(out[i * 6 + o] == Approx(y).epsilon(1e-12));
        }
}
