// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "backbone/user_gru.hpp"
#include "conformance/backbone.hpp"
#include "conformance/policy_under_test.hpp"

static_assert(coco::Backbone<user::Gru>);

TEST_CASE("a user's own recurrent backbone passes the conformance test of a backbone", "[user_gru]") {
    user::Gru::Config config;
    config.size = 8;
    config.window = 17;
    coco::conformance::backbone<user::Gru>(config);
}
