// SPDX-License-Identifier: Apache-2.0
// expect: not a Model: it lacks `using Role
#include <coco/backbone/sasrec.hpp>
#include <coco/pipeline/sequential_recommender.hpp>

struct Mine : coco::SequentialRecommender<coco::backbone::SASRec> {
    using SequentialRecommender::SequentialRecommender;
    using Role = void;
};

constexpr bool checked = coco::explain_model<Mine>();
