// SPDX-License-Identifier: Apache-2.0
/// \file
/// Dispatches to all ablations of CoCo over SASRec with semantic items.
#pragma once

#include <coco/adapter/frozen.hpp>
#include <coco/adapter/lora.hpp>
#include <coco/aligner/semantic_attention.hpp>
#include <coco/backbone/sasrec.hpp>
#include <coco/decoupler/cross_attention.hpp>
#include <coco/decoupler/mean_pool.hpp>
#include <coco/decoupler/standardized.hpp>
#include <coco/items/semantic.hpp>
#include <coco/llm/decoder.hpp>
#include <coco/pipeline/pipeline.hpp>
#include <coco/prompt/normalized_codebook.hpp>
#include <coco/prompt/static.hpp>
#include <coco/prompt/vq_codebook.hpp>

#include "experiment/run.hpp"

namespace experiment {

template <class P>
Result run_semantic_sasrec(const Job& job, const std::shared_ptr<P>& on) {
    using Model = coco::llm::Decoder<coco::llm::storage::Configured>;
    using coco::Pipeline;
    using coco::backbone::SASRec;
    using Items = coco::items::Semantic;
    const std::string& word = job.options.coco;
    using Codes = coco::prompt::NormalizedCodebook;
    using Same = coco::prompt::StaticBehindText;
    using Decoupler = coco::decoupler::Standardized<>;
    using Pool = coco::decoupler::Standardized<coco::decoupler::MeanPool>;
    if (word == "full") return run<Pipeline<SASRec, Items, Model, Codes, Decoupler>>(job, on);
    if (word == "soft") return run<Pipeline<SASRec, Items, Model, Same, Decoupler>>(job, on);
    if (word == "dec") return run<Pipeline<SASRec, Items, Model, Codes, Pool>>(job, on);
    if (word == "con")
        return run<Pipeline<SASRec, Items, Model, Codes, Decoupler, coco::adapter::Frozen>>(job, on);
    return run<coco::SequentialRecommender<SASRec, Items>>(job, on);
}

}  // namespace experiment
