// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <coco/nn/linear.hpp>

#include "conformance/layer.hpp"
#include "conformance/policy_under_test.hpp"

using namespace coco;

namespace {

template <nn::Bias bias>
struct Case {
    nn::Linear linear;

    explicit Case(ParameterLayout& layout) : linear(layout, "linear", 6, 5, Init::normal(1), bias) {}
    static std::vector<conformance::Shape> inputs(Index rows) { return {{rows, 6}}; }
    template <class P>
    nn::Linear::Saved<P> forward(Context<P>& ctx, const Sequence<P>&, const conformance::In<P>& x) const {
        return linear.forward(ctx, x[0]);
    }
    template <class P>
    void backward(Context<P>& ctx, const Sequence<P>&, const nn::Linear::Saved<P>& saved, CRows<P> dy,
                  const conformance::Out<P>& dx) const {
        linear.backward(ctx, saved, dy, dx[0]);
    }
};

}  // namespace

TEST_CASE("a linear map passes the conformance test of a layer", "[linear]") {
    conformance::layer<Case<nn::Bias::yes>>();
    conformance::layer<Case<nn::Bias::no>>();
}

TEST_CASE("a linear map equals x W' + b", "[linear]") {
    conformance::Bench<conformance::PolicyUnderTest<double>, Case<nn::Bias::yes>> bench(
        [](ParameterLayout& layout) { return Case<nn::Bias::yes>(layout); }, 11, 1);
    const conformance::Numbers out = bench.forward(), &x = bench.inputs[0], &w = bench.values[0],
                               &b = bench.values[1];
    for (std::size_t i = 0; i < 11; ++i)
        for (std::size_t o = 0; o < 5; ++o) {
            double sum = b[o];
            for (std::size_t k = 0; k < 6; ++k) sum += x[i * 6 + k] * w[o * 6 + k];
            CHECK(out[i * 5 + o] == Approx(sum).epsilon(1e-12));
        }
}

TEST_CASE("a linear map names its tensors, and only weights have weight decay", "[linear]") {
    ParameterLayout layout;
    const nn::Linear linear(layout, "map", 3, 2, Init::normal(0.1));
    CHECK(layout.tensor("map.weight").decay == Decay::yes);
    CHECK(layout.tensor("map.bias").decay == Decay::no);
    CHECK(linear.in() == 3);
    CHECK(linear.out() == 2);
}
