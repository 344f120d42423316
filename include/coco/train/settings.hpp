// SPDX-License-Identifier: Apache-2.0
/// \file
/// Settings as JSON, for printing, storage in checkpoints and comparison. A user-defined Config takes part if
/// it defines the same macro (NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE) beside it; otherwise the file leaves it
/// out.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include <coco/adapter/frozen.hpp>
#include <coco/adapter/lora.hpp>
#include <coco/aligner/cross_attention.hpp>
#include <coco/aligner/identity.hpp>
#include <coco/aligner/semantic_attention.hpp>
#include <coco/backbone/sasrec.hpp>
#include <coco/decoupler/cross_attention.hpp>
#include <coco/decoupler/mean_pool.hpp>
#include <coco/items/semantic.hpp>
#include <coco/items/table.hpp>
#include <coco/items/text_aware.hpp>
#include <coco/prompt/static.hpp>
#include <coco/prompt/vq_codebook.hpp>
#include <coco/train/json_fields.hpp>
#include <coco/train/trainer.hpp>

namespace coco {

/// Keys are sorted, so equal settings give equal text.
using Json = nlohmann::json;

namespace nn {
COCO_JSON_NAMES(Activation, {{Activation::gelu, "gelu"},
                             {Activation::gelu_tanh, "gelu_tanh"},
                             {Activation::relu, "relu"}})
COCO_JSON_FIELDS(EncoderConfig, width, layers, heads, hidden, dropout, attention_dropout, epsilon, init,
                 activation)
}  // namespace nn

namespace text {
COCO_JSON_FIELDS(HistoryTemplate, instruction, before, item, after, line)
COCO_JSON_FIELDS(HistoryBudget, tokens, items)
}  // namespace text

namespace sampling {
COCO_JSON_FIELDS(BatchLimits, rows, samples)
}

namespace loss {
COCO_JSON_NAMES(Orthogonality, {{Orthogonality::cosine, "cosine"}, {Orthogonality::squared, "squared"}})
}

COCO_JSON_NAMES(ObjectiveKind, {{ObjectiveKind::cross_entropy, "cross_entropy"}, {ObjectiveKind::bce, "bce"}})
COCO_JSON_NAMES(AuxiliaryOn, {{AuxiliaryOn::behaviour, "behaviour"}, {AuxiliaryOn::aligned, "aligned"}})
COCO_JSON_NAMES(Samples, {{Samples::prefixes, "prefixes"}, {Samples::positions, "positions"}})
COCO_JSON_NAMES(Positions, {{Positions::recent, "recent"}, {Positions::oldest, "oldest"}})
COCO_JSON_NAMES(TrainingStage, {{TrainingStage::behaviour, "behaviour"}, {TrainingStage::joint, "joint"}})
COCO_JSON_NAMES(NegativesFrom, {{NegativesFrom::train, "train"}, {NegativesFrom::all_leaking, "all_leaking"}})

COCO_JSON_FIELDS(ChannelConfig, on, decay)
COCO_JSON_FIELDS(LossWeights, objective, alpha, beta, gamma, temperature, auxiliary_on)
COCO_JSON_FIELDS(AdamWConfig, beta1, beta2, epsilon, decay, clip)
COCO_JSON_FIELDS(Sampling, samples, positions, window, joint_targets, without_knowledge, budget)
COCO_JSON_FIELDS(Schedule, seed, optimizer, negatives, rate, batch, epochs, patience, joint_epochs,
                 joint_patience, joint_batch, joint_rate, knowledge_rate, adapter_rate, warm_up, joint_valid)
COCO_JSON_FIELDS(EarlyStopping, score, epoch, history)

/// Calls f(key, field) for each field. Keys are those of schema coco-checkpoint-1: `ledger` holds the
/// metrics, `phase` names the training stage.
template <class Diagnostics, class F>
requires std::is_same_v<std::remove_const_t<Diagnostics>, TrainingDiagnostics>
void for_each_field(Diagnostics& d, const F& f) {
    f("steps", d.steps), f("targets", d.targets), f("groups", d.groups), f("open_groups", d.open_groups);
    f("prompts", d.prompts), f("at_cap", d.at_cap), f("uses", d.uses), f("ledger", d.metrics);
}
template <class State, class F>
requires std::is_same_v<std::remove_const_t<State>, TrainState>
void for_each_field(State& s, const F& f) {
    f("phase", s.stage), f("begun", s.begun), f("finished", s.finished), f("batch", s.batch);
    f("step", s.step), f("phase_step", s.stage_step), f("best", s.best), f("vitals", s.diagnostics);
}
template <class T>
requires std::is_same_v<T, TrainingDiagnostics> || std::is_same_v<T, TrainState>
void to_json(Json& j, const T& value) {
    for_each_field(value, [&](const char* key, const auto& field) { settings::put(j, key, field); });
    // Of models with a channel alone: other checkpoints stay as they were.
    if constexpr (std::is_same_v<T, TrainState>)
        if (value.lambda_chosen) settings::put(j, "lambda_chosen", value.lambda_chosen);
}
template <class T>
requires std::is_same_v<T, TrainingDiagnostics> || std::is_same_v<T, TrainState>
void from_json(const Json& j, T& value) {
    for_each_field(value, [&](const char* key, auto& field) { settings::take(j, key, field); });
    if constexpr (std::is_same_v<T, TrainState>)
        value.lambda_chosen = j.contains(std::string("lambda_chosen"));
}

/// The settings of one part; an empty object where its Config has no JSON conversion.
template <class C>
Json settings_of(const C& config) {
    Json json;
    if constexpr (requires { to_json(json, config); })
        to_json(json, config);
    else
        json = Json(Json::value_t::object);
    return json;
}
/// Reads them back; a Config without a JSON conversion stays unchanged.
template <class C>
void read_settings(const Json& json, C& config) {
    if constexpr (requires { from_json(json, config); }) from_json(json, config);
}

namespace backbone {
COCO_JSON_NAMES(SASRecForm, {{SASRecForm::s3rec, "s3rec"}, {SASRecForm::original, "original"}})
template <class J>
void to_json(J& j, const SASRec::Config& c) {
    j = J(J::value_t::object);
    settings::put(j, "encoder", c.encoder);
    settings::put(j, "window", c.window);
    // Checkpoints made before there were two forms lack it, and stay equal.
    if (c.form != SASRecForm::s3rec) settings::put(j, "form", c.form);
}
template <class J>
void from_json(const J& j, SASRec::Config& c) {
    settings::take(j, "encoder", c.encoder);
    settings::take(j, "window", c.window);
    if (j.contains(std::string("form"))) settings::take(j, "form", c.form);
}
}  // namespace backbone

namespace items {
template <class J>
void to_json(J& j, const Table::Config& c) {
    j = J(J::value_t::object);
    settings::put(j, "init", c.init);
}
template <class J>
void from_json(const J& j, Table::Config& c) {
    settings::take(j, "init", c.init);
}
/// kappa itself is not stored; it is passed again when a model is constructed. Without a map the vectors are
/// a Table's, and so are the settings.
template <class J>
void to_json(J& j, const Semantic::Config& c) {
    j = J(J::value_t::object);
    settings::put(j, "init", c.init);
    if (!c.map) return;
    settings::put(j, "columns", c.columns);
    settings::put(j, "map", c.map);
    settings::put(j, "space", c.space);
}
template <class J>
void from_json(const J& j, Semantic::Config& c) {
    settings::take(j, "init", c.init);
    c.map = j.contains(std::string("map"));
    if (!c.map) return;
    settings::take(j, "columns", c.columns);
    settings::take(j, "space", c.space);
}
/// The text vectors themselves are not stored; they are passed again when a model is constructed.
template <class J>
void to_json(J& j, const TextAware::Config& c) {
    j = J(J::value_t::object);
    settings::put(j, "init", c.init);
    settings::put(j, "text_width", c.text_width);
}
template <class J>
void from_json(const J& j, TextAware::Config& c) {
    settings::take(j, "init", c.init);
    settings::take(j, "text_width", c.text_width);
}
}  // namespace items

namespace prompt {
template <class J>
void to_json(J& j, const VqCodebook::Config& c) {
    j = J(J::value_t::object);
    settings::put(j, "codes", c.codes);
    settings::put(j, "theta", c.theta);
    settings::put(j, "most", c.max_codes);
    settings::put(j, "orthogonality", c.orthogonality);
    settings::put(j, "centred", c.centred);
}
template <class J>
void from_json(const J& j, VqCodebook::Config& c) {
    settings::take(j, "codes", c.codes);
    settings::take(j, "theta", c.theta);
    settings::take(j, "most", c.max_codes);
    settings::take(j, "orthogonality", c.orthogonality);
    settings::take(j, "centred", c.centred);
}
template <class J>
void to_json(J& j, const Static::Config& c) {
    j = J(J::value_t::object);
    settings::put(j, "rows", c.rows);
}
template <class J>
void from_json(const J& j, Static::Config& c) {
    settings::take(j, "rows", c.rows);
}
}  // namespace prompt

namespace aligner {
template <class J>
void to_json(J& j, const CrossAttention::Config& c) {
    j = J(J::value_t::object);
    settings::put(j, "heads", c.heads);
    settings::put(j, "epsilon", c.epsilon);
}
template <class J>
void from_json(const J& j, CrossAttention::Config& c) {
    settings::take(j, "heads", c.heads);
    settings::take(j, "epsilon", c.epsilon);
}
template <class J>
void to_json(J& j, const SemanticAttention::Config& c) {
    j = J(J::value_t::object);
    settings::put(j, "heads", c.heads);
    settings::put(j, "epsilon", c.epsilon);
}
template <class J>
void from_json(const J& j, SemanticAttention::Config& c) {
    settings::take(j, "heads", c.heads);
    settings::take(j, "epsilon", c.epsilon);
}
}  // namespace aligner

namespace adapter {
COCO_JSON_NAMES(Projection, {{Projection::query, "query"},
                             {Projection::key, "key"},
                             {Projection::value, "value"},
                             {Projection::output, "output"},
                             {Projection::gate, "gate"},
                             {Projection::up, "up"},
                             {Projection::down, "down"}})
template <class J>
void to_json(J& j, const LoRA::Config& c) {
    j = J(J::value_t::object);
    settings::put(j, "rank", c.rank);
    settings::put(j, "alpha", c.alpha);
    settings::put(j, "dropout", c.dropout);
    settings::put(j, "targets", c.targets);
}
template <class J>
void from_json(const J& j, LoRA::Config& c) {
    settings::take(j, "rank", c.rank);
    settings::take(j, "alpha", c.alpha);
    settings::take(j, "dropout", c.dropout);
    settings::take(j, "targets", c.targets);
}
}  // namespace adapter

/// All settings of a training run.
template <class Model>
[[gnu::cold]] Json settings_of(const TrainConfig<Model>& c) {
    const auto& m = c.model;
    Json j;
    settings::put(j, "backbone", settings_of(m.behaviour.backbone));
    settings::put(j, "items", settings_of(m.behaviour.items));
    settings::put(j, "loss", m.loss);
    if constexpr (Model::uses_knowledge) {
        settings::put(j, "prompt", settings_of(m.prompt));
        settings::put(j, "decoupler", settings_of(m.decoupler));
        settings::put(j, "aligner", settings_of(m.aligner));
        settings::put(j, "adapter", settings_of(m.adapter));
        settings::put(j, "words", c.words);
    } else {
        settings::put(j, "auxiliary", m.auxiliary);
    }
    if constexpr (model::may_have_channel<Model>)
        if (Model::uses_knowledge || m.channel.on) {
            settings::put(j, "channel", m.channel);
            if constexpr (requires { m.behaviour.items.space; })
                settings::put(j, "space", m.behaviour.items.space);
        }
    settings::put(j, "sampling", c.sampling);
    settings::put(j, "schedule", c.schedule);
    return j;
}

/// Reads them back into `c`. \throws Error naming what is missing or of the wrong type
template <class Model>
[[gnu::cold]] void read_settings(const Json& j, TrainConfig<Model>& c, const std::string& where) {
    try {
        auto& m = c.model;
        read_settings(j.at(std::string("backbone")), m.behaviour.backbone);
        read_settings(j.at(std::string("items")), m.behaviour.items);
        settings::take(j, "loss", m.loss);
        if constexpr (Model::uses_knowledge) {
            read_settings(j.at(std::string("prompt")), m.prompt);
            read_settings(j.at(std::string("decoupler")), m.decoupler);
            read_settings(j.at(std::string("aligner")), m.aligner);
            read_settings(j.at(std::string("adapter")), m.adapter);
            settings::take(j, "words", c.words);
        } else {
            settings::take(j, "auxiliary", m.auxiliary);
        }
        if constexpr (model::may_have_channel<Model>)
            if (j.contains(std::string("channel"))) {
                settings::take(j, "channel", m.channel);
                if constexpr (requires { m.behaviour.items.space; })
                    settings::take(j, "space", m.behaviour.items.space);
            }
        settings::take(j, "sampling", c.sampling);
        settings::take(j, "schedule", c.schedule);
    } catch (const nlohmann::json::exception& problem) {
        throw Error(where, "settings cannot be read", "what this model writes", problem.what());
    }
}

}  // namespace coco

#undef COCO_JSON_NAMES
#undef COCO_JSON_FIELDS
#undef COCO_JSON_TAKE
#undef COCO_JSON_PUT
