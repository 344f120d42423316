// SPDX-License-Identifier: Apache-2.0
#include <coco/aligner/cross_attention.hpp>
#include <coco/host/host.hpp>
#include <coco/items/table.hpp>

#include "experiment/sasrec.hpp"

namespace experiment {

Result run_sasrec_table(const Job& job) {
    using coco::backbone::SASRec;
    using coco::items::Table;
    const auto on = std::make_shared<coco::Host>(job.options.threads);
    if (job.options.asks() && job.options.coco != "paper")
        return run_knowledge<Table, coco::aligner::CrossAttention>(job, on);
    if (job.options.coco != "paper") return run<coco::SequentialRecommender<SASRec, Table>>(job, on);
    return run<coco::Pipeline<SASRec, Table, coco::llm::Decoder<coco::llm::storage::Configured>,
                              coco::aligner::CrossAttention>>(job, on);
}

}  // namespace experiment
