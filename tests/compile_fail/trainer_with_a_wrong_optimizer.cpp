// SPDX-License-Identifier: Apache-2.0
// expect first: coco: the third template argument of Trainer is an optimiser
// options: -Wfatal-errors
#include <coco/backbone/sasrec.hpp>
#include <coco/host/host.hpp>
#include <coco/pipeline/sequential_recommender.hpp>
#include <coco/train/trainer.hpp>

using Shop = coco::SequentialRecommender<coco::backbone::SASRec>;

coco::Trainer<Shop, coco::Host, coco::AdamWConfig> trainer(const coco::data::Catalogue& catalogue) {
    return {coco::TrainConfig<Shop>{}, catalogue};
}
