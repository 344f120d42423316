// SPDX-License-Identifier: Apache-2.0
// expect: this Model says it uses knowledge, but lacks
#include <coco/backbone/sasrec.hpp>
#include <coco/pipeline/sequential_recommender.hpp>

struct Mine : coco::SequentialRecommender<coco::backbone::SASRec> {
    using SequentialRecommender::SequentialRecommender;
    static constexpr bool uses_knowledge = true;
};

constexpr bool checked = coco::explain_model<Mine>();
