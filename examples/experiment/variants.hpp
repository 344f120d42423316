// SPDX-License-Identifier: Apache-2.0
/// \file
/// Dispatches to all ablations of CoCo, over any of the backbones.
#pragma once

#include <coco/adapter/frozen.hpp>
#include <coco/adapter/lora.hpp>
#include <coco/aligner/cross_attention.hpp>
#include <coco/aligner/semantic_attention.hpp>
#include <coco/decoupler/cross_attention.hpp>
#include <coco/decoupler/mean_pool.hpp>
#include <coco/decoupler/standardized.hpp>
#include <coco/items/semantic.hpp>
#include <coco/items/table.hpp>
#include <coco/items/tower.hpp>
#include <coco/llm/decoder.hpp>
#include <coco/pipeline/pipeline.hpp>
#include <coco/pipeline/sequential_recommender.hpp>
#include <coco/prompt/normalized_codebook.hpp>
#include <coco/prompt/static.hpp>
#include <coco/prompt/vq_codebook.hpp>

#include "experiment/run.hpp"

namespace experiment {

/// A backbone by itself, and with the parts of CoCo.
template <class Items>
using WithoutCoco = coco::SequentialRecommender<Backbones, Items, Losses>;
template <class... Parts>
using WithCoco = PipelineOf<Backbones, Parts...>;

/// A variant that reads text, with prompts behind the text and a decoupler over standardised rows.
template <class Items, class Aligner, class P>
Result run_knowledge(const Job& job, const std::shared_ptr<P>& on) {
    using Model = coco::llm::Decoder<coco::llm::storage::Configured>;
    using Codes = coco::prompt::NormalizedCodebook;
    using Same = coco::prompt::StaticBehindText;
    using Decoupler = coco::decoupler::Standardized<>;
    using Pool = coco::decoupler::Standardized<coco::decoupler::MeanPool>;
    const std::string& word = job.options.coco;
    if (word == "soft") return run<WithCoco<Items, Model, Aligner, Same, Decoupler>>(job, on);
    if (word == "dec") return run<WithCoco<Items, Model, Aligner, Codes, Pool>>(job, on);
    if (word == "con")
        return run<WithCoco<Items, Model, Aligner, Codes, Decoupler, coco::adapter::Frozen>>(job, on);
    return run<WithCoco<Items, Model, Aligner, Codes, Decoupler>>(job, on);
}

template <class P>
Result run_with_table(const Job& job, const std::shared_ptr<P>& on) {
    using Items = coco::items::Table;
    using Aligner = coco::aligner::CrossAttention;
    using Model = coco::llm::Decoder<coco::llm::storage::Configured>;
    if (job.options.items == "tower") return run<WithoutCoco<coco::items::Tower>>(job, on);
    if (!job.options.asks()) return run<WithoutCoco<Items>>(job, on);
    if (job.options.coco == "paper") return run<WithCoco<Items, Model, Aligner>>(job, on);
    return run_knowledge<Items, Aligner>(job, on);
}

template <class P>
Result run_with_semantic(const Job& job, const std::shared_ptr<P>& on) {
    using Items = coco::items::Semantic;
    if (job.options.asks()) return run_knowledge<Items, coco::aligner::SemanticAttention>(job, on);
    if (job.options.tower()) return run<WithoutCoco<coco::items::TowerOver<Items>>>(job, on);
    return run<WithoutCoco<Items>>(job, on);
}

}  // namespace experiment
