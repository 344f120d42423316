// SPDX-License-Identifier: Apache-2.0
// expect: this Model lacks `StepReport step
#include <coco/backbone/sasrec.hpp>
#include <coco/pipeline/sequential_recommender.hpp>

struct Mine : coco::SequentialRecommender<coco::backbone::SASRec> {
    using SequentialRecommender::SequentialRecommender;
    template <class P>
    void step(coco::Context<P>&, const coco::Batch<P>&) const;  // lacks the training stage and the metrics
};

constexpr bool checked = coco::explain_model<Mine>();
