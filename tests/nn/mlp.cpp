// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <coco/nn/mlp.hpp>

#include "conformance/layer.hpp"
#include "conformance/policy_under_test.hpp"

using namespace coco;

namespace {

template <Index... sizes>
struct Case {
    nn::Mlp stage;

    explicit Case(ParameterLayout& layout)
        : stage(layout, "mlp", std::vector<Index>{6, sizes...}, nn::Activation::gelu) {}
    static std::vector<conformance::Shape> inputs(Index rows) { return {{rows, 6}}; }
    template <class P>
    nn::Mlp::Saved<P> forward(Context<P>& ctx, const Sequence<P>&, const conformance::In<P>& x) const {
        return stage.forward(ctx, x[0]);
    }
    template <class P>
    void backward(Context<P>& ctx, const Sequence<P>&, const nn::Mlp::Saved<P>& saved, CRows<P> dy,
                  const conformance::Out<P>& dx) const {
        stage.backward(ctx, saved, dy, dx[0]);
    }
};

}  // namespace

TEST_CASE("the multilayer perceptron passes the conformance test of a layer", "[mlp]") {
    conformance::layer<Case<9, 7, 5>>();
    conformance::layer<Case<5>>();
}

TEST_CASE("a multilayer perceptron without layers, or with an empty one, is an error", "[mlp]") {
    ParameterLayout layout;
    CHECK_THROWS_WITH(nn::Mlp(layout, "mlp", std::vector<Index>{6}),
                      "mlp: no layers: expected sizes of input and output");
    CHECK_THROWS_WITH(nn::Mlp(layout, "mlp", std::vector<Index>{6, 0, 2}),
                      "mlp: size of a layer out of range: expected at least 1, found 0");
}
