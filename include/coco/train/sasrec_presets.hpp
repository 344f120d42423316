// SPDX-License-Identifier: Apache-2.0
/// \file
/// Published settings of SASRec, by name, each with its source.
#pragma once

#include <array>
#include <cmath>
#include <string_view>

#include <coco/backbone/sasrec.hpp>
#include <coco/loss/objective.hpp>
#include <coco/train/trainer.hpp>

namespace coco {

/// Model, samples, loss and optimiser of a published result. What is not listed is the default.
struct SASRecPreset {
    std::string_view name;
    backbone::SASRecForm form;
    Index width, layers, heads, hidden;
    double dropout;  ///< of embeddings, attention and feed-forward alike
    double epsilon;  ///< of the norms
    nn::Activation activation;
    ObjectiveKind loss;
    Samples samples;
    NegativesFrom negatives;
    double rate;
    Index batch;  ///< samples per step
    Index epochs, patience;
};

inline constexpr std::array<SASRecPreset, 3> sasrec_presets{{
    // The log of beauty-ce-5 in MTandHJ/CE-SCE-LLMRec, SASRec/benchmarks (2024-01-21): --num-heads 1
    // --dropout-rate
    // 0.6 --lr 5e-4 --batch_size 512 --epochs 200 --loss CE; hidden 64, 2 blocks, 50 positions by default;
    // norms'
    // epsilon 1e-8 and a feed-forward of the model's width in its main.py. Its best epoch is the 120th; it
    // has no
    // patience (here 40 epochs) and a weight decay of 1e-8 (here none).
    {"sasrec-ce", backbone::SASRecForm::original, 64, 2, 1, 64, 0.6, 1e-8, nn::Activation::relu,
     ObjectiveKind::cross_entropy, Samples::positions, NegativesFrom::train, 5e-4, 512, 200, 40},
    // The same at twice the rate, which ends in less than half of the epochs. Ours, not published.
    {"sasrec-ce-fast", backbone::SASRecForm::original, 64, 2, 1, 64, 0.6, 1e-8, nn::Activation::relu,
     ObjectiveKind::cross_entropy, Samples::positions, NegativesFrom::train, 1e-3, 512, 200, 10},
    // run_finetune_full.py of RUCAIBox/CIKM2020-S3Rec, without pre-training: hidden 64, 2 layers, 2 heads,
    // dropout .5,
    // rate 1e-3, 256 a batch, patience 10; negatives exclude held-out items too (a leak).
    {"s3rec", backbone::SASRecForm::s3rec, 64, 2, 2, 256, 0.5, 1e-12, nn::Activation::gelu,
     ObjectiveKind::bce, Samples::positions, NegativesFrom::all_leaking, 1e-3, 256, 200, 10},
}};

/// The preset of that name, or null.
constexpr const SASRecPreset* find_sasrec_preset(std::string_view name) {
    for (const SASRecPreset& p : sasrec_presets)
        if (p.name == name) return &p;
    return nullptr;
}

/// Standard deviation of a table's initial values in the original form: Xavier's, of a matrix items x width.
inline double original_item_init(Index items, Index width) { return Init::xavier_normal(items, width).scale; }

/// Sets what the preset determines in the settings of a training run.
/// \param items  number of items, which the initial values of the original form depend on
template <class Model>
void apply(const SASRecPreset& preset, TrainConfig<Model>& config, Index items) {
    auto& backbone = config.model.behaviour.backbone;
    backbone.form = preset.form;
    backbone.encoder.width = preset.width;
    backbone.encoder.layers = preset.layers;
    backbone.encoder.heads = preset.heads;
    backbone.encoder.hidden = preset.hidden;
    backbone.encoder.dropout = backbone.encoder.attention_dropout = preset.dropout;
    backbone.encoder.epsilon = preset.epsilon;
    backbone.encoder.activation = preset.activation;
    if (preset.form == backbone::SASRecForm::original)
        config.model.behaviour.items.init = original_item_init(items, preset.width);
    config.model.loss.objective = preset.loss;
    config.sampling.samples = preset.samples;
    config.schedule.negatives = preset.negatives;
    config.schedule.rate = preset.rate;
    config.schedule.batch.samples = preset.batch;
    config.schedule.batch.rows = preset.batch * config.sampling.window;
    config.schedule.epochs = preset.epochs;
    config.schedule.patience = preset.patience;
}

}  // namespace coco
