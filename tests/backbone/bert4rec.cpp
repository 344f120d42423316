// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <coco/backbone/bert4rec.hpp>

#include "backbone/reference.hpp"
#include "conformance/policy_under_test.hpp"

using namespace coco;
using backbone::BERT4Rec;

TEST_CASE("BERT4Rec passes the conformance test of a backbone", "[bert4rec]") {
    conformance::backbone<BERT4Rec>(test::small_backbone<BERT4Rec::Config>());
}

TEST_CASE("BERT4Rec's rows, gradients and training equal PyTorch's", "[bert4rec]") {
    test::equals_reference<BERT4Rec>(test::small_backbone<BERT4Rec::Config>(), "bert4rec");
}

TEST_CASE("BERT4Rec: a window without room for the masked row is an error", "[bert4rec]") {
    auto config = test::small_backbone<BERT4Rec::Config>();
    config.window = 1;
    ParameterLayout layout;
    CHECK_THROWS_WITH(BERT4Rec(layout, config),
                      "bert4rec.window: out of range: expected at least 2, found 1");
}
