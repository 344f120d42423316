// SPDX-License-Identifier: Apache-2.0
#include <coco/host/host.hpp>
#include <coco/items/semantic.hpp>
#include <coco/pipeline/sequential_recommender.hpp>

#include "experiment/run.hpp"

namespace experiment {

Result run_sasrec_semantic(const Job& job) {
    using Model = coco::SequentialRecommender<coco::backbone::SASRec, coco::items::Semantic>;
    return run<Model>(job, std::make_shared<coco::Host>(job.options.threads));
}

}  // namespace experiment
