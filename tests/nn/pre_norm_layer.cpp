// SPDX-License-Identifier: Apache-2.0
// Its results are compared with PyTorch's in tests/backbone/pinnerformer.cpp.
#include <catch2/catch.hpp>

#include <coco/nn/pre_norm_layer.hpp>

#include "conformance/policy_under_test.hpp"
#include "nn/layer_stack.hpp"

using namespace coco;
using nn::AttentionMask;

namespace {

template <AttentionMask attention_mask>
using Case = LayerStackCase<nn::PreNormLayer, attention_mask>;

}  // namespace

TEST_CASE("pre-norm layers pass the conformance test of a layer", "[encoder]") {
    conformance::layer<Case<AttentionMask::causal>>();
    conformance::layer<Case<AttentionMask::bidirectional>>();
}
