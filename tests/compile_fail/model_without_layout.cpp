// SPDX-License-Identifier: Apache-2.0
// expect: this Model lacks `layout\(\)`
#include <coco/backbone/sasrec.hpp>
#include <coco/pipeline/sequential_recommender.hpp>

struct Mine : coco::SequentialRecommender<coco::backbone::SASRec> {
    using SequentialRecommender::SequentialRecommender;
    void layout() const;
};

constexpr bool checked = coco::explain_model<Mine>();
