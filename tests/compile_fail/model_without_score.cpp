// SPDX-License-Identifier: Apache-2.0
// expect: this Model lacks `Scoring<P> score
#include <coco/backbone/sasrec.hpp>
#include <coco/pipeline/sequential_recommender.hpp>

struct Mine : coco::SequentialRecommender<coco::backbone::SASRec> {
    using SequentialRecommender::SequentialRecommender;
    template <class P>
    void score(coco::Context<P>&, const coco::Batch<P>&) const;
};

constexpr bool checked = coco::explain_model<Mine>();
