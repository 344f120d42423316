// SPDX-License-Identifier: Apache-2.0
/// \file
/// A shop that trains in a second: generated data, a tiny decoder, a pipeline of the paper's parts.
#pragma once

#include <memory>

#include <coco/adapter/lora.hpp>
#include <coco/aligner/cross_attention.hpp>
#include <coco/backbone/sasrec.hpp>
#include <coco/data/synthetic.hpp>
#include <coco/decoupler/cross_attention.hpp>
#include <coco/llm/decoder.hpp>
#include <coco/llm/tiny.hpp>
#include <coco/pipeline/pipeline.hpp>
#include <coco/prompt/vq_codebook.hpp>
#include <coco/train/trainer.hpp>

namespace coco::test {

using Shop = BasicPipeline<backbone::SASRec, items::Table, prompt::VqCodebook, llm::Decoder<>,
                           decoupler::CrossAttention, aligner::CrossAttention, adapter::LoRA>;
using Plain = SequentialRecommender<backbone::SASRec>;

/// Data and language model of a test.
struct SmallShop {
    data::Dataset data;
    data::Split split;
    llm::TextModel language;

    explicit SmallShop(Index users = 120) {
        data::SyntheticConfig config;
        config.users = users;
        config.topics = 12;
        config.places = 3;
        config.clues = 60;
        data = data::synthetic(config).data;
        split = data::leave_one_out(data.interactions);
        const llm::Tiny tiny =
            llm::tiny(data.catalogue, {.width = 32, .layers = 2, .heads = 2, .hidden = 48, .seed = 0});
        language = {tiny.source, [words = tiny.words](std::string_view text) { return words.encode(text); },
                    "tiny"};
    }
};

/// Settings for a run of a few seconds.
template <class Model>
TrainConfig<Model> small_config() {
    TrainConfig<Model> c;
    auto& encoder = c.model.behaviour.backbone.encoder;
    encoder.width = 16;
    encoder.hidden = 32;
    encoder.layers = 1;
    c.schedule.batch.samples = 64;
    c.schedule.epochs = 3;
    c.schedule.joint_epochs = 3;
    c.schedule.joint_patience = 3;
    c.sampling.budget.tokens = 24;
    c.words = {"what is next", "had", " ", "now"};
    if constexpr (Model::uses_knowledge) c.model.prompt.codes = 8;
    return c;
}

}  // namespace coco::test
