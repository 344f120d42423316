// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <coco/nn/norm.hpp>

#include "conformance/layer.hpp"
#include "conformance/policy_under_test.hpp"

using namespace coco;

namespace {

template <nn::NormKind kind>
struct Case {
    nn::Norm norm;

    explicit Case(ParameterLayout& layout) : norm(layout, "norm", 9, 1e-5, kind) {}
    static std::vector<conformance::Shape> inputs(Index rows) { return {{rows, 9}}; }
    template <class P>
    nn::Norm::Saved<P> forward(Context<P>& ctx, const Sequence<P>&, const conformance::In<P>& x) const {
        return norm.forward(ctx, x[0]);
    }
    template <class P>
    void backward(Context<P>& ctx, const Sequence<P>&, const nn::Norm::Saved<P>& saved, CRows<P> dy,
                  const conformance::Out<P>& dx) const {
        norm.backward(ctx, saved, dy, dx[0]);
    }
};

/// A norm with a fixed weight: only the input has a gradient.
struct Given {
    nn::Norm norm;

    explicit Given(ParameterLayout& layout)
        : norm(layout.given("weight", 1, 9,
                            [](std::span<float> to) {
                                for (std::size_t i = 0; i < to.size(); ++i)
                                    to[i] = 0.5f + static_cast<float>(i);
                            }),
               1e-5) {}
    static std::vector<conformance::Shape> inputs(Index rows) { return {{rows, 9}}; }
    template <class P>
    nn::Norm::Saved<P> forward(Context<P>& ctx, const Sequence<P>&, const conformance::In<P>& x) const {
        return norm.forward(ctx, x[0]);
    }
    template <class P>
    void backward(Context<P>& ctx, const Sequence<P>&, const nn::Norm::Saved<P>& saved, CRows<P> dy,
                  const conformance::Out<P>& dx) const {
        norm.backward(ctx, saved, dy, dx[0]);
    }
};

}  // namespace

TEST_CASE("norms pass the conformance test of a layer", "[norm]") {
    conformance::layer<Case<nn::NormKind::layer>>();
    conformance::layer<Case<nn::NormKind::rms>>();
    conformance::layer<Given>();
}

TEMPLATE_TEST_CASE_SIG("norms equal their formulas", "[norm]", ((nn::NormKind kind), kind),
                       nn::NormKind::layer, nn::NormKind::rms) {
    conformance::Bench<conformance::PolicyUnderTest<double>, Case<kind>> bench(
        [](ParameterLayout& layout) { return Case<kind>(layout); }, 11, 1);
    const conformance::Numbers out = bench.forward(), &x = bench.inputs[0], &w = bench.values[0];
    for (std::size_t i = 0; i < 11; ++i) {
        double mean = 0, square = 0;
        for (std::size_t j = 0; j < 9; ++j) mean += x[i * 9 + j] / 9;
        if (kind == nn::NormKind::rms) mean = 0;
        for (std::size_t j = 0; j < 9; ++j) square += std::pow(x[i * 9 + j] - mean, 2) / 9;
        for (std::size_t j = 0; j < 9; ++j) {
            const double shift = kind == nn::NormKind::layer ? bench.values[1][j] : 0;
            const double expected = (x[i * 9 + j] - mean) / std::sqrt(square + 1e-5) * w[j] + shift;
            CHECK(out[i * 9 + j] == Approx(expected).epsilon(1e-12));
        }
    }
}
