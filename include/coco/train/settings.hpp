// SPDX-License-Identifier: Apache-2.0
/// \file
/// Settings as JSON, for printing, storage in checkpoints and comparison. A user-defined Config takes part if
/// it defines the same macro (NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE) beside it; otherwise the file leaves it
/// out.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include <coco/train/json_fields.hpp>
#include <coco/train/part_settings.hpp>
#include <coco/train/trainer.hpp>

namespace coco {

namespace text {
COCO_JSON_FIELDS(HistoryTemplate, instruction, before, item, after, line)
COCO_JSON_FIELDS(HistoryBudget, tokens, items)
}  // namespace text

namespace sampling {
COCO_JSON_FIELDS(BatchLimits, rows, samples)
}

COCO_JSON_NAMES(ObjectiveKind, {{ObjectiveKind::cross_entropy, "cross_entropy"}, {ObjectiveKind::bce, "bce"}})
COCO_JSON_NAMES(AuxiliaryOn, {{AuxiliaryOn::behaviour, "behaviour"}, {AuxiliaryOn::aligned, "aligned"}})
COCO_JSON_NAMES(Samples, {{Samples::prefixes, "prefixes"}, {Samples::positions, "positions"}})
COCO_JSON_NAMES(Positions, {{Positions::recent, "recent"}, {Positions::oldest, "oldest"}})
COCO_JSON_NAMES(TrainingStage, {{TrainingStage::behaviour, "behaviour"}, {TrainingStage::joint, "joint"}})
COCO_JSON_NAMES(NegativesFrom, {{NegativesFrom::train, "train"}, {NegativesFrom::all_leaking, "all_leaking"}})

COCO_JSON_FIELDS(ChannelConfig, on, decay, lambda)
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
        if (value.channel_chosen) settings::put(j, "channel_chosen", value.channel_chosen);
}
template <class T>
requires std::is_same_v<T, TrainingDiagnostics> || std::is_same_v<T, TrainState>
void from_json(const Json& j, T& value) {
    for_each_field(value, [&](const char* key, auto& field) { settings::take(j, key, field); });
    if constexpr (std::is_same_v<T, TrainState>)
        value.channel_chosen = j.contains(std::string("channel_chosen"));
}

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
