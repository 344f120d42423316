// SPDX-License-Identifier: Apache-2.0
// The model without a language model passes the conformance test that is installed for models of a user's
// own.
#include <catch2/catch.hpp>

#include <coco/backbone/bert4rec.hpp>
#include <coco/backbone/bsarec.hpp>
#include <coco/backbone/one_of.hpp>
#include <coco/backbone/sasrec.hpp>
#include <coco/items/semantic.hpp>
#include <coco/loss/sampled_softmax.hpp>
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
    using Sampled = SequentialRecommender<backbone::SASRec, items::Table,
                                          Objectives<loss::SampledSoftmax, loss::InfoNce>>;
    Sampled::Config sampled;
    sampled.behaviour = config.behaviour;
    for (const char* const name : {loss::SampledSoftmax::name, loss::InfoNce::name}) {
        sampled.loss.objective = name;
        conformance::model<Sampled>(sampled);
    }
    using Own = SequentialRecommender<user::Gru>;
    Own::Config own;
    own.behaviour.backbone.size = 6;
    own.behaviour.backbone.window = 6;
    conformance::model<Own>(own);
}

TEST_CASE("sequential recommender: any of several backbones", "[pipeline]") {
    using Model = SequentialRecommender<backbone::OneOf<backbone::BSARec, backbone::BERT4Rec>>;
    Model::Config config;
    auto& backbone = config.behaviour.backbone;
    backbone.window = 6;
    std::apply(
        [](auto&... each) { ((each.encoder.width = each.encoder.hidden = 8, each.encoder.layers = 1), ...); },
        backbone.of);
    // Of the trial's histories, 5 items at most, the lowest 3 coefficients would be all there are.
    std::get<0>(backbone.of).cutoff = 1;
    for (const char* const name : {"bsarec", "bert4rec"}) {
        INFO(name);
        backbone.name = name;
        conformance::model<Model>(config);
    }
}
