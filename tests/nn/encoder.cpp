// SPDX-License-Identifier: Apache-2.0
// The encoder's results are compared with PyTorch's in tests/backbone/sasrec.cpp.
#include <catch2/catch.hpp>

#include <coco/nn/encoder.hpp>

#include "conformance/policy_under_test.hpp"
#include "nn/layer_stack.hpp"

using namespace coco;
using nn::AttentionMask;

namespace {

template <AttentionMask attention_mask>
using Case = LayerStackCase<nn::EncoderLayer, attention_mask>;

std::string fault(nn::EncoderConfig config) {
    ParameterLayout layout;
    try {
        const nn::Encoder encoder(layout, config, AttentionMask::causal);
    } catch (const Error& error) {
        return error.what();
    }
    return "";
}

}  // namespace

TEST_CASE("the encoder passes the conformance test of a layer", "[encoder]") {
    conformance::layer<Case<AttentionMask::causal>>();
    conformance::layer<Case<AttentionMask::bidirectional>>();
}

TEST_CASE("the same layers under another mask are an encoder with that mask", "[encoder]") {
    using P = conformance::PolicyUnderTest<double>;
    nn::EncoderConfig config = Case<AttentionMask::causal>::config();
    ParameterLayout layout, other;
    const nn::Encoder causal(layout, config, AttentionMask::causal);
    const nn::Encoder bidirectional(other, config, AttentionMask::bidirectional);
    P on = conformance::policy<P>(1);
    Workspace<P> work(on);
    const Parameters<P> parameters(on, layout, 1);
    Context<P> ctx = parameters.context(on, work);
    ctx.training = true;
    const Sequence<P> s = conformance::sequence(on, work, conformance::histories(11, 5, 17), 5, 17);
    const CRows<P> x = conformance::uploaded(on, work, conformance::normals(66, 3), {11, 6});
    const auto rows = [&](const nn::Encoder& encoder) {
        return conformance::downloaded<P>(on, encoder.forward(ctx, s.segments, s.row_key, x).out);
    };
    const nn::Encoder with = causal.with(AttentionMask::bidirectional);
    CHECK(rows(with) == rows(bidirectional));
    CHECK(rows(with) != rows(causal));
    CHECK(rows(with.with(AttentionMask::causal)) == rows(causal));
    CHECK(layout.tensors().size() == other.tensors().size());
}

TEST_CASE("an encoder with invalid settings is an error", "[encoder]") {
    nn::EncoderConfig config;
    CHECK(fault(config).empty());
    config.heads = 5;
    CHECK(fault(config) == "encoder.heads: does not divide the width: expected a divisor of 64, found 5");
    config.heads = 2;
    config.dropout = 1;
    CHECK(fault(config) == "encoder.dropout: out of range: expected at least 0 and less than 1, found 1");
    config.dropout = 0;
    config.layers = 0;
    CHECK(fault(config) == "encoder.layers: out of range: expected 1 to 16, found 0");
    config.layers = nn::max_layers + 1;
    CHECK(fault(config) == "encoder.layers: out of range: expected 1 to 16, found 17");
}
