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
