// SPDX-License-Identifier: Apache-2.0
// expect first: coco: the execution policy is declared but not defined here
// options: -Wfatal-errors
#include <coco/backbone/sasrec.hpp>
#include <coco/host/host.hpp>
#include <coco/pipeline/sequential_recommender.hpp>
#include <coco/train/trainer.hpp>

using Shop = coco::SequentialRecommender<coco::backbone::SASRec>;

coco::Trainer<Shop, coco::Cuda> trainer(const coco::data::Catalogue& catalogue) {
    return {coco::TrainConfig<Shop>{}, catalogue};
}
