// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <coco/backbone/sasrec.hpp>

#include "laws/backbone.hpp"

using namespace coco;
using backbone::SASRec;

namespace {

SASRec::Config small() {
    SASRec::Config config;
    config.encoder.width = 8;
    config.encoder.hidden = 12;
    config.encoder.dropout = config.encoder.attention_dropout = 0.2;
    config.encoder.epsilon = 1e-5;
    config.window = 17;
    return config;
}

}  // namespace

TEST_CASE("SASRec obeys the law of backbones", "[sasrec]") { laws::backbone<SASRec>(small()); }
