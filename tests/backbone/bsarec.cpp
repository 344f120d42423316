// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <coco/backbone/bsarec.hpp>

#include "backbone/reference.hpp"
#include "conformance/policy_under_test.hpp"

using namespace coco;
using backbone::BSARec;

namespace {

BSARec::Config small(nn::TransformOver over) {
    auto config = test::small_backbone<BSARec::Config>();
    config.cutoff = 3;
    config.over = over;
    return config;
}

}  // namespace

TEST_CASE("BSARec passes the conformance test of a backbone", "[bsarec]") {
    conformance::backbone<BSARec>(small(nn::TransformOver::segment));
    conformance::backbone<BSARec>(small(nn::TransformOver::window));
}

TEST_CASE("BSARec's rows, gradients and training equal PyTorch's, over segments and over the window",
          "[bsarec]") {
    // What is given to a layout is given in floats, the weights of the transform too.
    test::equals_reference<BSARec>(small(nn::TransformOver::segment), "bsarec", 1e-7);
    test::equals_reference<BSARec>(small(nn::TransformOver::window), "bsarec_window", 1e-7);
}

TEST_CASE("BSARec: a share of more than one is an error", "[bsarec]") {
    auto config = small(nn::TransformOver::segment);
    config.alpha = 1.5;
    ParameterLayout layout;
    CHECK_THROWS_WITH(BSARec(layout, config), "bsarec.alpha: out of range: expected 0 to 1, found 1.5");
}
