// SPDX-License-Identifier: Apache-2.0
/// \file
/// Settings as JSON, for printing, storage in checkpoints and comparison. A user-defined Config takes part if
/// it defines the same macro (NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE) beside it; otherwise the file leaves it
/// out.
#pragma once

#include <nlohmann/json.hpp>

#include <coco/adapter/frozen.hpp>
#include <coco/adapter/lora.hpp>
#include <coco/aligner/cross_attention.hpp>
#include <coco/aligner/identity.hpp>
#include <coco/backbone/sasrec.hpp>
#include <coco/decoupler/cross_attention.hpp>
#include <coco/decoupler/mean_pool.hpp>
#include <coco/items/table.hpp>
#include <coco/items/text_aware.hpp>
#include <coco/prompt/static.hpp>
#include <coco/prompt/vq_codebook.hpp>
#include <coco/train/trainer.hpp>

namespace coco {

/// Keys are sorted, so equal settings give equal text.
using Json = nlohmann::json;

namespace nn {
NLOHMANN_JSON_SERIALIZE_ENUM(Activation, {{Activation::gelu, "gelu"},
                                          {Activation::gelu_tanh, "gelu_tanh"},
                                          {Activation::relu, "relu"}})
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(EncoderConfig, width, layers, heads, hidden, dropout, attention_dropout,
                                   epsilon, init, activation)
}  // namespace nn

namespace text {
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(HistoryTemplate, instruction, before, item, after, line)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(HistoryBudget, tokens, items)
}  // namespace text

namespace sampling {
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(BatchLimits, rows, samples)
}

namespace loss {
NLOHMANN_JSON_SERIALIZE_ENUM(Orthogonality,
                             {{Orthogonality::cosine, "cosine"}, {Orthogonality::squared, "squared"}})
}

NLOHMANN_JSON_SERIALIZE_ENUM(ObjectiveKind,
                             {{ObjectiveKind::cross_entropy, "cross_entropy"}, {ObjectiveKind::bce, "bce"}})
NLOHMANN_JSON_SERIALIZE_ENUM(AuxiliaryOn,
                             {{AuxiliaryOn::behaviour, "behaviour"}, {AuxiliaryOn::aligned, "aligned"}})
NLOHMANN_JSON_SERIALIZE_ENUM(Samples, {{Samples::prefixes, "prefixes"}, {Samples::positions, "positions"}})
NLOHMANN_JSON_SERIALIZE_ENUM(Positions, {{Positions::recent, "recent"}, {Positions::oldest, "oldest"}})
NLOHMANN_JSON_SERIALIZE_ENUM(TrainingStage,
                             {{TrainingStage::behaviour, "behaviour"}, {TrainingStage::joint, "joint"}})
NLOHMANN_JSON_SERIALIZE_ENUM(NegativesFrom,
                             {{NegativesFrom::train, "train"}, {NegativesFrom::all_leaking, "all_leaking"}})

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(LossWeights, objective, alpha, beta, gamma, temperature, auxiliary_on)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(AdamWConfig, beta1, beta2, epsilon, decay, clip)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Sampling, samples, positions, window, joint_targets, without_knowledge,
                                   budget)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Schedule, seed, optimizer, negatives, rate, batch, epochs, patience,
                                   joint_epochs, joint_patience, joint_batch, joint_rate, knowledge_rate,
                                   adapter_rate, warm_up, joint_valid)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(EarlyStopping, score, epoch, history)

/// Keys are those of schema coco-checkpoint-1: `ledger` holds the metrics, `phase` names the training stage.
inline void to_json(Json& j, const TrainingDiagnostics& d) {
    j = Json{
        {"steps", d.steps},     {"targets", d.targets}, {"groups", d.groups}, {"open_groups", d.open_groups},
        {"prompts", d.prompts}, {"at_cap", d.at_cap},   {"uses", d.uses},     {"ledger", d.metrics}};
}
inline void from_json(const Json& j, TrainingDiagnostics& d) {
    j.at("steps").get_to(d.steps);
    j.at("targets").get_to(d.targets);
    j.at("groups").get_to(d.groups);
    j.at("open_groups").get_to(d.open_groups);
    j.at("prompts").get_to(d.prompts);
    j.at("at_cap").get_to(d.at_cap);
    j.at("uses").get_to(d.uses);
    j.at("ledger").get_to(d.metrics);
}
inline void to_json(Json& j, const TrainState& s) {
    j = Json{{"phase", s.stage}, {"begun", s.begun},       {"finished", s.finished},
             {"batch", s.batch}, {"step", s.step},         {"phase_step", s.stage_step},
             {"best", s.best},   {"vitals", s.diagnostics}};
}
inline void from_json(const Json& j, TrainState& s) {
    j.at("phase").get_to(s.stage);
    j.at("begun").get_to(s.begun);
    j.at("finished").get_to(s.finished);
    j.at("batch").get_to(s.batch);
    j.at("step").get_to(s.step);
    j.at("phase_step").get_to(s.stage_step);
    j.at("best").get_to(s.best);
    j.at("vitals").get_to(s.diagnostics);
}

/// The settings of one part; an empty object where its Config has no JSON conversion.
template <class C>
Json settings_of(const C& config) {
    if constexpr (requires(Json & j) { to_json(j, config); })
        return Json(config);
    else
        return Json::object();
}
/// Reads them back; a Config without a JSON conversion stays unchanged.
template <class C>
void read_settings(const Json& json, C& config) {
    if constexpr (requires { from_json(json, config); }) json.get_to(config);
}

namespace backbone {
template <class J>
void to_json(J& j, const SASRec::Config& c) {
    j = J{{"encoder", c.encoder}, {"window", c.window}};
}
template <class J>
void from_json(const J& j, SASRec::Config& c) {
    j.at("encoder").get_to(c.encoder);
    j.at("window").get_to(c.window);
}
}  // namespace backbone

namespace items {
template <class J>
void to_json(J& j, const Table::Config& c) {
    j = J{{"init", c.init}};
}
template <class J>
void from_json(const J& j, Table::Config& c) {
    j.at("init").get_to(c.init);
}
/// The text vectors themselves are not stored; they are passed again when a model is constructed.
template <class J>
void to_json(J& j, const TextAware::Config& c) {
    j = J{{"init", c.init}, {"text_width", c.text_width}};
}
template <class J>
void from_json(const J& j, TextAware::Config& c) {
    j.at("init").get_to(c.init);
    j.at("text_width").get_to(c.text_width);
}
}  // namespace items

namespace prompt {
template <class J>
void to_json(J& j, const VqCodebook::Config& c) {
    j = J{{"codes", c.codes},
          {"theta", c.theta},
          {"most", c.max_codes},
          {"orthogonality", c.orthogonality},
          {"centred", c.centred}};
}
template <class J>
void from_json(const J& j, VqCodebook::Config& c) {
    j.at("codes").get_to(c.codes);
    j.at("theta").get_to(c.theta);
    j.at("most").get_to(c.max_codes);
    j.at("orthogonality").get_to(c.orthogonality);
    j.at("centred").get_to(c.centred);
}
template <class J>
void to_json(J& j, const Static::Config& c) {
    j = J{{"rows", c.rows}};
}
template <class J>
void from_json(const J& j, Static::Config& c) {
    j.at("rows").get_to(c.rows);
}
}  // namespace prompt

namespace aligner {
template <class J>
void to_json(J& j, const CrossAttention::Config& c) {
    j = J{{"heads", c.heads}, {"epsilon", c.epsilon}};
}
template <class J>
void from_json(const J& j, CrossAttention::Config& c) {
    j.at("heads").get_to(c.heads);
    j.at("epsilon").get_to(c.epsilon);
}
}  // namespace aligner

namespace adapter {
NLOHMANN_JSON_SERIALIZE_ENUM(Projection, {{Projection::query, "query"},
                                          {Projection::key, "key"},
                                          {Projection::value, "value"},
                                          {Projection::output, "output"},
                                          {Projection::gate, "gate"},
                                          {Projection::up, "up"},
                                          {Projection::down, "down"}})
template <class J>
void to_json(J& j, const LoRA::Config& c) {
    j = J{{"rank", c.rank}, {"alpha", c.alpha}, {"dropout", c.dropout}, {"targets", c.targets}};
}
template <class J>
void from_json(const J& j, LoRA::Config& c) {
    j.at("rank").get_to(c.rank);
    j.at("alpha").get_to(c.alpha);
    j.at("dropout").get_to(c.dropout);
    j.at("targets").get_to(c.targets);
}
}  // namespace adapter

/// All settings of a training run.
template <class Model>
Json settings_of(const TrainConfig<Model>& c) {
    const auto& m = c.model;
    Json j;
    j["backbone"] = settings_of(m.behaviour.backbone);
    j["items"] = settings_of(m.behaviour.items);
    j["loss"] = m.loss;
    if constexpr (Model::uses_knowledge) {
        j["prompt"] = settings_of(m.prompt);
        j["decoupler"] = settings_of(m.decoupler);
        j["aligner"] = settings_of(m.aligner);
        j["adapter"] = settings_of(m.adapter);
        j["words"] = c.words;
    } else {
        j["auxiliary"] = m.auxiliary;
    }
    j["sampling"] = c.sampling;
    j["schedule"] = c.schedule;
    return j;
}

/// Reads them back into `c`. \throws Error naming what is missing or of the wrong type
template <class Model>
void read_settings(const Json& j, TrainConfig<Model>& c, const std::string& where) {
    try {
        auto& m = c.model;
        read_settings(j.at("backbone"), m.behaviour.backbone);
        read_settings(j.at("items"), m.behaviour.items);
        j.at("loss").get_to(m.loss);
        if constexpr (Model::uses_knowledge) {
            read_settings(j.at("prompt"), m.prompt);
            read_settings(j.at("decoupler"), m.decoupler);
            read_settings(j.at("aligner"), m.aligner);
            read_settings(j.at("adapter"), m.adapter);
            j.at("words").get_to(c.words);
        } else {
            j.at("auxiliary").get_to(m.auxiliary);
        }
        j.at("sampling").get_to(c.sampling);
        j.at("schedule").get_to(c.schedule);
    } catch (const nlohmann::json::exception& problem) {
        throw Error(where, "settings cannot be read", "what this model writes", problem.what());
    }
}

}  // namespace coco
