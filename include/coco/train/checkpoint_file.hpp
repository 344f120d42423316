// SPDX-License-Identifier: Apache-2.0
/// \file
/// A checkpoint as it lies in a file, before anything of it is used: digest, schema, settings and state are
/// checked when it is opened, and every number of its tensors against a model's layout by `check`.
#pragma once

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <iterator>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <coco/io/json.hpp>
#include <coco/io/safetensors.hpp>
#include <coco/io/seal.hpp>
#include <coco/sampling/settings.hpp>
#include <coco/store/parameter_layout.hpp>
#include <coco/train/part_name.hpp>
#include <coco/train/settings_json.hpp>
#include <coco/train/state.hpp>

namespace coco {

/// Version of the file's contents. Files of the first version are read too: they have no digest, no parts and
/// no interactions.
inline constexpr const char* checkpoint_schema = "coco-checkpoint-2";
inline constexpr const char* first_checkpoint_schema = "coco-checkpoint-1";

/// The optimiser of a checkpoint, as the file names it, and its sections; whether their numbers are squares.
struct StoredOptimizer {
    std::string name = "adamw";
    std::map<std::string, bool> states{{"first", false}, {"second", true}};

    bool operator==(const StoredOptimizer&) const = default;
    // Here, for in a template g++ 12 breaks off at `StoredOptimizer{}`.
    bool is_adamw() const { return *this == StoredOptimizer{}; }
};

/// An open checkpoint.
class CheckpointFile {
public:
    /// \throws Error naming the file and what in it is damaged, missing, unknown or out of range
    [[gnu::cold]] explicit CheckpointFile(const std::filesystem::path& path) : file_(path) {
        const std::string& schema = file_.metadata("schema");
        if (schema == first_checkpoint_schema && !file_.metadata().contains(io::seal_key)) {
            std::fprintf(stderr, "%s: %s: it has no digest, so that damage to it may go unnoticed\n",
                         file_.path().c_str(), schema.c_str());
        } else {
            require(schema == checkpoint_schema, where("schema"), "not a checkpoint this version reads",
                    checkpoint_schema, schema);
            io::require_sealed(file_);
            sealed_ = true;
        }
        std::vector<std::string_view> keys{"schema",         "catalogue", "items",
                                           "language_model", "settings",  "state"};
        if (sealed_) keys.insert(keys.end(), {io::seal_key, "parts", "interactions"});
        for (const std::string_view key : keys) file_.metadata(key);
        if (sealed_ && file_.metadata().contains("optimizer")) {
            keys.push_back("optimizer");
            read_optimizer();
        }
        for (const auto& [key, value] : file_.metadata())
            if (std::find(keys.begin(), keys.end(), key) == keys.end())
                throw Error(where(key), "unknown", {}, value);
        items_ = read_items();
        settings_ = io::parse_json(file_.metadata("settings"), where("settings"));
        if (!sealed_) migrate();
        keep_chosen_objective();
        read_state();
    }

    const io::Safetensors& file() const { return file_; }
    const std::string& path() const { return file_.path(); }
    std::string where(std::string_view key) const { return text_of(path(), ": ", key); }
    /// Whether it has a digest: all but those of the first version.
    bool sealed() const { return sealed_; }
    Index items() const { return items_; }
    /// As this version writes them.
    const Json& settings() const { return settings_; }
    const TrainState& state() const { return state_; }
    /// AdamW where the file does not say.
    const StoredOptimizer& optimizer() const { return optimizer_; }
    /// Digest of the interactions that it was trained with; empty where it does not say.
    std::string interactions() const { return sealed_ ? file_.metadata("interactions") : std::string(); }

    /// \throws Error unless the metadata's `key` is `expected`
    void require_same(const char* key, const std::string& expected, const char* problem) const {
        require(file_.metadata(key) == expected, where(key), problem, expected, file_.metadata(key));
    }

    /// \throws Error unless it was made by a pipeline of these parts
    void require_parts(const PartNames& expected) const {
        if (!sealed_) return;
        const Json found = io::parse_json(file_.metadata("parts"), where("parts"));
        if (!found.is_object()) settings::wrong_type(where("parts"), "an object", found);
        Json mine(Json::value_t::object);
        for (const auto& [role, name] : expected) mine[role] = name;
        for (const auto& [role, name] : mine.items()) {
            const auto other = found.find(role);
            if (other == found.end() || *other != name)
                throw Error(where("parts." + role), "made by another pipeline", name.get<std::string>(),
                            other == found.end() ? "none" : other->dump());
        }
        for (const auto& [role, name] : found.items())
            if (!mine.contains(role))
                throw Error(where("parts." + role), "made by another pipeline", "none", name.dump());
    }

    /// Checks that the tensors are those of the layout and that a training run can have their values.
    /// \throws Error naming the tensor
    template <class T>
    void check(const ParameterLayout& layout, std::size_t metrics) const {
        std::size_t known = 2;
        // A tensor for each one of the layout: the weights, the best so far, the optimiser's numbers.
        std::map<std::string, bool> sections = optimizer_.states;
        sections["values"] = sections["best"] = false;
        for (const auto& [section, squares] : sections)
            for (const Tensor& t : layout.tensors()) {
                if (t.ref.block == ParameterBlock::frozen) continue;
                const std::string name = text_of(section, ".", t.name);
                check_values(file_.get<T>(name, io::Shape{t.ref.rows, t.ref.cols}), name, squares);
                ++known;
            }
        check_ledger(file_.get<T>("ledger", io::Shape{static_cast<Index>(metrics)}));
        check_steps(steps(layout));
        if (file_.tensors().size() == known) return;
        for (const auto& [name, tensor] : file_.tensors()) {
            const std::size_t dot = name.find('.');
            const std::string_view rest = dot == name.npos ? "" : std::string_view(name).substr(dot + 1);
            const bool named =
                name == "ledger" || name == "optimizer.steps" ||
                (sections.contains(name.substr(0, dot)) &&
                 std::any_of(layout.tensors().begin(), layout.tensors().end(), [&](const Tensor& t) {
                     return t.ref.block != ParameterBlock::frozen && t.name == rest;
                 }));
            if (!named) throw Error(where(name), "unknown tensor");
        }
    }

    /// \throws Error unless the state is one of a run of these stages
    void require_stages(const std::vector<StageSettings>& stages) const {
        state_.check(where("state"), stages);
    }

    /// \throws Error unless the state says whether lambda was chosen exactly where there is one
    void require_channel(bool expected) const {
        if (has_channel_ != expected && (sealed_ || has_channel_))
            throw Error(where("state.channel_chosen"),
                        expected ? "missing" : "unknown: the model has no channel");
    }

    /// Steps of each of the layout's groups.
    std::span<const std::int64_t> steps(const ParameterLayout& layout) const {
        return file_.get<std::int64_t>("optimizer.steps",
                                       io::Shape{static_cast<Index>(layout.groups().size())});
    }

private:
    Index read_items() const {
        const std::string& text = file_.metadata("items");
        std::int64_t items = 0;
        const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), items);
        if (problem != std::errc() || end != text.data() + text.size())
            throw Error(where("items"), "not a number", {}, text);
        at_least(1).check(static_cast<double>(items), where("items"), text);
        return items;
    }

    void read_optimizer() {
        const Json json = io::parse_json(file_.metadata("optimizer"), where("optimizer"));
        const auto has = [&](const char* key, bool (Json::*is)() const noexcept) {
            return json.is_object() && json.contains(key) && (json[key].*is)();
        };
        if (!has("name", &Json::is_string) || !has("states", &Json::is_object))
            settings::wrong_type(where("optimizer"), "an object with a name and states", json);
        optimizer_ = {json["name"].get<std::string>(), {}};
        for (const auto& [name, squares] : json["states"].items()) {
            if (!squares.is_boolean())
                settings::wrong_type(where("optimizer.states." + name), "true or false", squares);
            optimizer_.states[name] = squares.get<bool>();
        }
    }

    /// From earlier versions to this one: a setting had another name, others were not written.
    void migrate() {
        const auto object = [&](const char* key) {
            return settings_.contains(key) && settings_[key].is_object();
        };
        if (!settings_.is_object()) return;
        if (object("prompt") && settings_["prompt"].contains("most")) {
            settings_["prompt"]["max_codes"] = settings_["prompt"]["most"];
            settings_["prompt"].erase("most");
        }
        if (object("backbone") && settings_["backbone"].contains("encoder") &&
            !settings_["backbone"].contains("form"))
            settings_["backbone"]["form"] = "s3rec";
        const Sampling usual;
        const Json samples = json_of(list_settings(usual));
        if (object("sampling"))
            for (const char* const name : {"future", "masked", "only_last"})
                if (!settings_["sampling"].contains(name)) settings_["sampling"][name] = samples[name];
        const UserFold everyone;
        const Json all = json_of(list_settings(everyone));
        if (object("schedule") && settings_["schedule"].contains("stages") &&
            settings_["schedule"]["stages"].is_array())
            for (Json& stage : settings_["schedule"]["stages"])
                if (stage.is_object()) {
                    if (!stage.contains("users")) stage["users"] = all;
                    if (!stage.contains("fresh")) stage["fresh"] = false;
                }
    }

    /// Files used to have the settings of all of a model's objectives, also of those it was not trained with.
    void keep_chosen_objective() {
        if (!settings_.is_object() || !settings_.contains("objectives") || !settings_.contains("loss"))
            return;
        Json& objectives = settings_["objectives"];
        const Json loss = settings_["loss"];
        if (!objectives.is_object() || !loss.is_object() || !loss.contains("objective")) return;
        for (auto at = objectives.begin(); at != objectives.end();)
            at = loss["objective"] == at.key() ? std::next(at) : objectives.erase(at);
    }

    void read_state() {
        Json json = io::parse_json(file_.metadata("state"), where("state"));
        // Of models with a channel only.
        if (json.is_object() && json.contains("channel_chosen")) {
            if (!json["channel_chosen"].is_boolean())
                settings::wrong_type(where("state.channel_chosen"), "true or false", json["channel_chosen"]);
            state_.channel_chosen = json["channel_chosen"].get<bool>();
            has_channel_ = true;
            json.erase("channel_chosen");
        }
        read_settings(json, list_settings(state_), where("state"));
        state_.check(where("state"));
    }

    template <class T>
    void check_values(std::span<const T> values, const std::string& name, bool squares) const {
        for (const T x : values)
            if (!std::isfinite(x) || (squares && x < T(0)))
                throw Error(where(name), "out of range",
                            squares ? "at least 0, and finite" : "a finite number", text_of(x));
    }
    /// Within an epoch the file has sums that grow; at its end, what the state has as well. (The first
    /// version had them in the state before the epoch's validation.)
    template <class T>
    void check_ledger(std::span<const T> sums) const {
        check_values(sums, "ledger", false);
        for (std::size_t e = 0; e < sums.size(); ++e) {
            const double found = state_.diagnostics.metrics[e], at_end = static_cast<double>(sums[e]);
            const double expected = state_.batch > 0 && (sealed_ || found != at_end) ? 0 : at_end;
            require(found == expected, where(text_of("state.vitals.ledger[", e, "]")),
                    "not the sum in the tensor", text_of(expected), text_of(found));
        }
    }
    void check_steps(std::span<const std::int64_t> steps) const {
        std::int64_t most = 0;
        for (const std::int64_t n : steps) {
            require(n >= 0 && static_cast<std::uint64_t>(n) <= state_.step, where("optimizer.steps"),
                    "out of range", text_of("0 to ", state_.step), text_of(n));
            most = std::max(most, n);
        }
        // With stages of one's own no group need learn in all of them.
        const bool own = settings_.is_object() && settings_.contains("schedule") &&
                         settings_["schedule"].contains("stages");
        require(own || static_cast<std::uint64_t>(most) == state_.step, where("state.step"),
                "not the steps of the optimiser", text_of(most), text_of(state_.step));
    }

    io::Safetensors file_;
    bool sealed_ = false, has_channel_ = false;
    StoredOptimizer optimizer_;
    Index items_ = 0;
    Json settings_;
    TrainState state_;
};

}  // namespace coco
