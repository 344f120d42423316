// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <coco/backbone/sasrec.hpp>

#include "backbone/reference.hpp"
#include "conformance/policy_under_test.hpp"

using namespace coco;
using backbone::SASRec;

namespace {

SASRec::Config small() { return test::small_backbone<SASRec::Config>(); }

SASRec::Config original() {
    SASRec::Config config = small();
    config.form = backbone::SASRecForm::original;
    config.encoder.activation = nn::Activation::relu;
    return config;
}

}  // namespace

TEST_CASE("SASRec passes the conformance test of a backbone", "[sasrec]") {
    conformance::backbone<SASRec>(small());
    conformance::backbone<SASRec>(original());
}

TEST_CASE("SASRec's rows, gradients and training equal PyTorch's, in both forms", "[sasrec]") {
    test::equals_reference<SASRec>(small(), "sasrec");
    test::equals_reference<SASRec>(original(), "sasrec_original");
}

TEST_CASE("SASRec: a window of zero is an error", "[sasrec]") {
    SASRec::Config config = small();
    config.window = 0;
    ParameterLayout layout;
    CHECK_THROWS_WITH(SASRec(layout, config), "sasrec.window: out of range: expected at least 1, found 0");
}
