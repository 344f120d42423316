// SPDX-License-Identifier: Apache-2.0
// expect: what this Model's `score` returns is not a Scorer
#include <coco/backbone/sasrec.hpp>
#include <coco/pipeline/sequential_recommender.hpp>

struct Mine : coco::SequentialRecommender<coco::backbone::SASRec> {
    using SequentialRecommender::SequentialRecommender;
    template <class P>
    struct Scoring {};
    template <class P>
    Scoring<P> score(coco::Context<P>&, const coco::Batch<P>&) const;
};

constexpr bool checked = coco::explain_model<Mine>();
