// SPDX-License-Identifier: Apache-2.0
// expect first: coco: the second template argument is the execution policy
// options: -Wfatal-errors
#include <coco/backbone/sasrec.hpp>
#include <coco/host/host.hpp>
#include <coco/pipeline/sequential_recommender.hpp>
#include <coco/train/trainer.hpp>

using Shop = coco::SequentialRecommender<coco::backbone::SASRec>;

coco::Trainer<Shop, float> trainer(const coco::data::Catalogue& catalogue) {
    return {coco::TrainConfig<Shop>{}, catalogue};
}
