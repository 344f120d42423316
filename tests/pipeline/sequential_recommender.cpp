// SPDX-License-Identifier: Apache-2.0
// The model without a language model passes the conformance test that is installed for models of a user's
// own.
#include <catch2/catch.hpp>

#include <coco/backbone/sasrec.hpp>
#include <coco/items/semantic.hpp>
#include <coco/pipeline/sequential_recommender.hpp>

#include "backbone/user_gru.hpp"
#include "conformance/model.hpp"

using namespace coco;

TEST_CASE("sequential recommender: conformance test of a model", "[pipeline]") {
    using Model = SequentialRecommender<backbone::SASRec>;
    Model::Config config;
    config.behaviour.backbone.encoder.width = config.behaviour.backbone.encoder.hidden = 8;
    config.behaviour.backbone.encoder.layers = 1;
    config.behaviour.backbone.window = 6;
    conformance::model<Model>(config);
    config.loss.objective = loss::Bce::name;
    conformance::model<Model>(config);
    using Own = SequentialRecommender<user::Gru>;
    Own::Config own;
    own.behaviour.backbone.size = 6;
    own.behaviour.backbone.window = 6;
    conformance::model<Own>(own);
}
