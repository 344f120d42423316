// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <coco/nn/linear.hpp>

#include "laws/here.hpp"
#include "laws/stage.hpp"

using namespace coco;

namespace {

template <nn::Bias bias>
struct Case {
    nn::Linear linear;

    explicit Case(Layout& layout) : linear(layout, "linear", 6, 5, Init::normal(1), bias) {}
    static std::vector<laws::Shape> inputs(Index rows) { return {{rows, 6}}; }
    template <class P>
    nn::Linear::Kept<P> forward(Run<P>& run, const Sequence<P>&, const laws::In<P>& x) const {
        return linear.forward(run, x[0]);
    }
    template <class P>
    void backward(Run<P>& run, const Sequence<P>&, const nn::Linear::Kept<P>& kept, CRows<P> dy,
                  const laws::Out<P>& dx) const {
        linear.backward(run, kept, dy, dx[0]);
    }
};

}  // namespace

TEST_CASE("a linear map obeys the law of stages", "[linear]") {
    laws::stage<Case<nn::Bias::yes>>();
    laws::stage<Case<nn::Bias::no>>();
}

TEST_CASE("a linear map is x W' + b, written out", "[linear]") {
    laws::Bench<laws::Here<double>, Case<nn::Bias::yes>> bench(
        [](Layout& layout) { return Case<nn::Bias::yes>(layout); }, 11, 1);
    const laws::Numbers out = bench.forward(), &x = bench.inputs[0], &w = bench.values[0],
                        &b = bench.values[1];
    for (std::size_t i = 0; i < 11; ++i)
        for (std::size_t o = 0; o < 5; ++o) {
            double sum = b[o];
            for (std::size_t k = 0; k < 6; ++k) sum += x[i * 6 + k] * w[o * 6 + k];
            CHECK(out[i * 5 + o] == Approx(sum).epsilon(1e-12));
        }
}

TEST_CASE("a linear map names its tensors and lets weights alone decay", "[linear]") {
    Layout layout;
    const nn::Linear linear(layout, "map", 3, 2, Init::normal(0.1));
    CHECK(layout.tensor("map.weight").decay == Decay::yes);
    CHECK(layout.tensor("map.bias").decay == Decay::no);
    CHECK(linear.in() == 3);
    CHECK(linear.out() == 2);
}
