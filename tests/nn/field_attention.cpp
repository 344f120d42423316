// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <cmath>

#include <coco/nn/field_attention.hpp>

#include "conformance/layer.hpp"
#include "conformance/policy_under_test.hpp"

using namespace coco;

namespace {

constexpr Index width = 5;

template <Index fields>
struct Case {
    nn::FieldAttention attention;

    explicit Case(ParameterLayout& layout) : attention(layout, "fields", fields, width, Init::normal(1)) {}
    static std::vector<conformance::Shape> inputs(Index rows) { return {{rows, fields * width}}; }
    template <class P>
    nn::FieldAttention::Saved<P> forward(Context<P>& ctx, const Sequence<P>&,
                                         const conformance::In<P>& x) const {
        return attention.forward(ctx, x[0]);
    }
    template <class P>
    void backward(Context<P>& ctx, const Sequence<P>&, const nn::FieldAttention::Saved<P>& saved, CRows<P> dy,
                  const conformance::Out<P>& dx) const {
        attention.backward(ctx, saved, dy, dx[0]);
    }
};

}  // namespace

TEST_CASE("attention over fields passes the conformance test of a layer", "[field_attention]") {
    conformance::layer<Case<3>>();
    conformance::layer<Case<1>>();
}

TEST_CASE("attention over fields equals its formula", "[field_attention]") {
    conformance::Bench<conformance::PolicyUnderTest<double>, Case<3>> bench(
        [](ParameterLayout& layout) { return Case<3>(layout); }, 11, 1);
    const conformance::Numbers out = bench.forward(), &x = bench.inputs[0], &w = bench.values[0],
                               &b = bench.values[1], &v = bench.values[2];
    for (std::size_t i = 0; i < 11; ++i) {
        double share[3], total = 0;
        for (std::size_t k = 0; k < 3; ++k) {
            double score = 0;
            for (std::size_t o = 0; o < 5; ++o) {
                double z = b[o];
                for (std::size_t j = 0; j < 5; ++j) z += w[o * 5 + j] * x[i * 15 + k * 5 + j];
                score += v[o] * std::max(z, 0.0);
            }
            total += share[k] = std::exp(score);
        }
        for (std::size_t j = 0; j < 5; ++j) {
            double expected = 0;
            for (std::size_t k = 0; k < 3; ++k) expected += share[k] / total * x[i * 15 + k * 5 + j];
            CHECK(out[i * 5 + j] == Approx(expected).epsilon(1e-12));
        }
    }
}

TEST_CASE("attention over one field is that field, without parameters", "[field_attention]") {
    ParameterLayout layout;
    const nn::FieldAttention attention(layout, "fields", 1, width, Init::normal(1));
    CHECK(layout.tensors().empty());
}
