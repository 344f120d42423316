// SPDX-License-Identifier: Apache-2.0
/// \file
/// All settings of a training run as one list: for checks, for printing, and for checkpoints. Every Config of
/// a pipeline's parts is in it, a user's as well as the library's.
#pragma once

#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <coco/core/setting_list.hpp>
#include <coco/items/semantic.hpp>
#include <coco/items/table.hpp>
#include <coco/train/part_name.hpp>
#include <coco/train/settings_json.hpp>
#include <coco/train/trainer.hpp>

namespace coco {

namespace settings {

/// The parts of a model's settings, in the order in which they are listed.
template <class C>
SettingRef part(const char* name, C& config) {
    return ref(name, config, any_number);
}

/// Without a map, semantic items have a table's vectors, and are stored as a table.
template <class C>
SettingRef items_part(C& config) {
    SettingRef items = part("items", config);
    if constexpr (std::is_same_v<std::remove_const_t<C>, coco::items::Semantic::Config>)
        if (!config.map) items.children.resize(1);
    return items;
}

/// Of a model of your own, whose Config describes itself, or of a pipeline's parts.
template <class Model, class Config>
[[gnu::cold]] std::vector<SettingRef> model_list(Config& c) {
    auto& m = c.model;
    if constexpr (DescribesItself<typename Model::Config>) {
        return {part("model", m)};
    } else {
        std::vector<SettingRef> all{part("backbone", m.behaviour.backbone), items_part(m.behaviour.items),
                                    part("loss", m.loss)};
        if constexpr (std::remove_cvref_t<decltype(m.objectives)>::configured) {
            all.push_back(part("objectives", m.objectives));
            // Those that were not chosen say nothing of a model, and a list of objectives may grow.
            std::erase_if(all.back().children,
                          [&](const SettingRef& s) { return s.name != m.loss.objective; });
        }
        return all;
    }
}

/// The schedule, with the optimiser after its seed, where files have had it from the beginning. Without
/// stages of one's own it is stored as before there were any.
template <class Config>
SettingRef schedule_part(Config& c) {
    SettingRef schedule = part("schedule", c.schedule);
    if (c.schedule.stages.empty()) schedule.children.pop_back();
    schedule.children.insert(schedule.children.begin() + 1, part("optimizer", c.optimizer));
    return schedule;
}

}  // namespace settings

/// Every setting of a training run. \param c  const or not; only a list of one that is not may be written to
template <class Config>
[[gnu::cold]] std::vector<SettingRef> settings_list(Config& c) {
    using Model = typename Config::Model;
    auto& m = c.model;
    std::vector<SettingRef> all = settings::model_list<Model>(c);
    if constexpr (DescribesItself<typename Model::Config>) {
    } else if constexpr (Model::uses_knowledge) {
        all.push_back(settings::part("prompt", m.prompt));
        all.push_back(settings::part("decoupler", m.decoupler));
        all.push_back(settings::part("aligner", m.aligner));
        all.push_back(settings::part("adapter", m.adapter));
        all.push_back(settings::part("words", c.words));
        if constexpr (requires { m.unseen.on; })
            if (m.unseen.on) all.push_back(settings::part("unseen", m.unseen));
    } else {
        all.push_back(settings::part("auxiliary", m.auxiliary));
    }
    if constexpr (model::may_have_channel<Model>)
        if (Model::uses_knowledge || m.channel.on) {
            all.push_back(settings::part("channel", m.channel));
            if constexpr (requires { m.behaviour.items.space; })
                all.push_back(settings::part("space", m.behaviour.items.space));
        }
    all.push_back(settings::part("sampling", c.sampling));
    all.push_back(settings::schedule_part(c));
    return all;
}

/// The same as JSON.
template <class Model, class O>
[[gnu::cold]] Json settings_of(const TrainConfig<Model, O>& c) {
    return json_of(settings_list(c));
}

/// Reads them back into `c`. \throws Error naming the setting that is missing, unknown or out of range
template <class Model, class O>
[[gnu::cold]] void read_settings(const Json& json, TrainConfig<Model, O>& c, const std::string& path) {
    // What is stored at all depends on these.
    const auto has = [&](const Json& in, const char* key) { return in.is_object() && in.contains(key); };
    if constexpr (std::is_same_v<typename PartsOf<Model>::ItemsPart, items::Semantic>)
        c.model.behaviour.items.map = has(json, "items") && has(json["items"], "map");
    if (has(json, "schedule") && has(json["schedule"], "stages")) c.schedule.stages.resize(1);
    if constexpr (model::may_have_channel<Model>) c.model.channel.on = has(json, "channel");
    if constexpr (requires { c.model.unseen.on; }) c.model.unseen.on = has(json, "unseen");
    if constexpr (requires { c.model.loss.objective; })
        if (has(json, "loss") && has(json["loss"], "objective") && json["loss"]["objective"].is_string())
            c.model.loss.objective = json["loss"]["objective"].template get<std::string>();
    read_settings(json, settings_list(c), path);
}

}  // namespace coco
