// SPDX-License-Identifier: Apache-2.0
/// \file
/// Published settings of SASRec, by name, each with its source.
#pragma once

#include <array>
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
    double dropout;    ///< of embeddings, attention and feed-forward alike
    const char* loss;  ///< name of the objective
    Samples samples;
    NegativesFrom negatives;
    double rate;
    Index batch;  ///< samples per step
    Index epochs, patience;
};

inline constexpr std::array<SASRecPreset, 3> sasrec_presets{{
    // MTandHJ/CE-SCE-LLMRec, SASRec/benchmarks/beauty-ce-5 (a log of 2024-01-21): 1 head, dropout .6, rate
    // 5e-4, 512 a batch, 200 epochs; hidden 64, 2 blocks and 50 positions by default; the feed-forward's
    // width and the norms' epsilon are in its main.py. Its best epoch is the 120th. It has no patience (here
    // 40 epochs) and a weight decay of 1e-8 (here none).
    {"sasrec-ce", backbone::SASRecForm::original, 64, 2, 1, 64, 0.6, loss::CrossEntropy::name,
     Samples::positions, NegativesFrom::train, 5e-4, 512, 200, 40},
    // The same at twice the rate, which ends in less than half of the epochs. Ours, not published.
    {"sasrec-ce-fast", backbone::SASRecForm::original, 64, 2, 1, 64, 0.6, loss::CrossEntropy::name,
     Samples::positions, NegativesFrom::train, 1e-3, 512, 200, 10},
    // RUCAIBox/CIKM2020-S3Rec, run_finetune_full.py without pre-training: hidden 64, 2 layers, 2 heads,
    // dropout .5, rate 1e-3, 256 a batch, patience 10; negatives exclude held-out items too (a leak).
    {"s3rec", backbone::SASRecForm::s3rec, 64, 2, 2, 256, 0.5, loss::Bce::name, Samples::positions,
     NegativesFrom::all_leaking, 1e-3, 256, 200, 10},
}};

/// The preset of that name, or null.
constexpr const SASRecPreset* find_sasrec_preset(std::string_view name) {
    for (const SASRecPreset& p : sasrec_presets)
        if (p.name == name) return &p;
    return nullptr;
}

/// Sets the form, and what it implies for the encoder's norms and activation.
inline void set_form(backbone::SASRecForm form, backbone::SASRec::Config& config) {
    const bool original = form == backbone::SASRecForm::original;
    config.form = form;
    config.encoder.epsilon = original ? 1e-8 : 1e-12;
    config.encoder.activation = original ? nn::Activation::relu : nn::Activation::gelu;
}

/// The same, and what the form implies for the items' initial values; the encoder's width must be set before.
/// \param items  number of items: the original form's initial values are Xavier's, of a matrix items x width
template <class Model>
void set_form(backbone::SASRecForm form, TrainConfig<Model>& config, Index items) {
    auto& backbone = config.model.behaviour.backbone;
    set_form(form, backbone);
    if (form == backbone::SASRecForm::original)
        config.model.behaviour.items.init = Init::xavier_normal(items, backbone.encoder.width).scale;
}

/// Sets what the preset determines in the settings of a training run.
/// \param items  number of items, which the initial values of the original form depend on
template <class Model>
void apply(const SASRecPreset& preset, TrainConfig<Model>& config, Index items) {
    nn::EncoderConfig& encoder = config.model.behaviour.backbone.encoder;
    encoder.width = preset.width;
    encoder.layers = preset.layers;
    encoder.heads = preset.heads;
    encoder.hidden = preset.hidden;
    encoder.dropout = encoder.attention_dropout = preset.dropout;
    set_form(preset.form, config, items);
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
