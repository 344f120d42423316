// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <coco/loss/cosine_cross_entropy.hpp>

#include "conformance/objective.hpp"
#include "conformance/policy_under_test.hpp"

using namespace coco;

TEST_CASE("cosine cross-entropy passes the conformance test of objectives", "[loss]") {
    conformance::objective(loss::CosineCrossEntropy());
    conformance::objective(loss::CosineCrossEntropy({.temperature = 0.5}));
}
