// SPDX-License-Identifier: Apache-2.0
// expect first: coco: this Model lacks `StepReport step
// options: -Wfatal-errors
#include <coco/backbone/sasrec.hpp>
#include <coco/host/host.hpp>
#include <coco/pipeline/sequential_recommender.hpp>
#include <coco/train/trainer.hpp>

struct Mine : coco::SequentialRecommender<coco::backbone::SASRec> {
    using SequentialRecommender::SequentialRecommender;
    template <class P>
    void step(coco::Context<P>&, const coco::Batch<P>&) const;  // lacks the training stage and the metrics
};

coco::Trainer<Mine, coco::Host> trainer(const coco::data::Catalogue& catalogue) {
    return {coco::TrainConfig<Mine>{}, catalogue};
}
