// SPDX-License-Identifier: Apache-2.0
/// \file
/// Checkpoint of a training run: a safetensors file with every trained tensor, its moments, the best values
/// so far, the settings and the position in the schedule. It never contains base weights of a language model,
/// text, times or paths: equal runs give equal files, and a run that was killed and resumed gives the same
/// file as an uninterrupted run.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <coco/io/safetensors.hpp>
#include <coco/io/safetensors_writer.hpp>
#include <coco/train/settings.hpp>

namespace coco {

/// Version of the file's contents.
inline constexpr const char* checkpoint_schema = "coco-checkpoint-1";

/// Writes the trainer's whole state; the file is replaced atomically.
template <class Model, class P>
[[gnu::cold]] void save(const std::filesystem::path& path, Trainer<Model, P>& trainer) {
    using T = typename P::Scalar;
    io::SafetensorsWriter file;
    file.metadata("schema", checkpoint_schema);
    file.metadata("catalogue", std::to_string(trainer.catalogue_digest()));
    file.metadata("items", std::to_string(trainer.model().model->items()));
    file.metadata("language_model", trainer.language_digest());
    file.metadata("settings", settings_of(trainer.config()).dump());
    file.metadata("state", Json(trainer.state()).dump());

    std::vector<std::vector<T>> blocks;
    blocks.reserve(trainer_blocks);
    trainer.for_each_block([&](const std::string& section, ParameterBlock block, auto list) {
        std::vector<T>& numbers = blocks.emplace_back(static_cast<std::size_t>(list.size));
        trainer.model().on->download(List<const T, typename P::Space>(list), numbers.data());
        for (const Tensor& t : trainer.model().model->layout().tensors())
            if (t.ref.block == block)
                file.add(section + "." + t.name, io::Shape{t.ref.rows, t.ref.cols},
                         std::span<const T>(numbers).subspan(static_cast<std::size_t>(t.ref.at),
                                                             static_cast<std::size_t>(t.ref.size())));
    });
    const std::vector<T> metrics = trainer.metrics();
    file.add("ledger", io::Shape{static_cast<Index>(metrics.size())}, std::span<const T>(metrics));
    const std::vector<std::int64_t>& steps = trainer.optimizer_steps();
    file.add("optimizer.steps", io::Shape{static_cast<Index>(steps.size())},
             std::span<const std::int64_t>(steps));
    file.write(path);
}

/// Parses a view and not a string: files' headers are parsed from views, and a parser is compiled for each.
[[gnu::cold]] inline Json json_of(std::string_view text) { return Json::parse(text); }

/// Checks that the file's catalogue and language model are those with which it is to be used.
[[gnu::cold]] inline void check_origin(const io::Safetensors& file, std::uint64_t catalogue,
                                       const std::string& language) {
    const auto same = [&](const char* key, const std::string& expected, const char* problem) {
        require(file.metadata(key) == expected, file.path() + ": " + key, problem, expected,
                file.metadata(key));
    };
    same("schema", checkpoint_schema, "not a checkpoint this version reads");
    same("catalogue", std::to_string(catalogue), "made with another catalogue");
    same("language_model", language, "made with another language model");
}

/// Uploads one block's tensors from the file into the policy's memory.
template <class P, class ListT>
void read_block(const io::Safetensors& file, const ParameterLayout& layout, P& on, const std::string& section,
                ParameterBlock block, ListT list) {
    using T = typename P::Scalar;
    for (const Tensor& t : layout.tensors())
        if (t.ref.block == block)
            on.upload(file.template get<T>(section + "." + t.name, io::Shape{t.ref.rows, t.ref.cols}).data(),
                      list.from(t.ref.at, t.ref.size()));
}

/// Restores a trainer to the state in the file. The trainer must have been constructed with the same settings
/// (except the numbers of epochs), catalogue and language model. Throws `Error` naming the difference; the
/// trainer is then unchanged unless a tensor is missing or has a wrong shape.
template <class Model, class P>
void resume(const std::filesystem::path& path, Trainer<Model, P>& trainer) {
    using T = typename P::Scalar;
    const io::Safetensors file(path);
    check_origin(file, trainer.catalogue_digest(), trainer.language_digest());
    Json mine = settings_of(trainer.config()), stored;
    TrainState state;
    try {
        stored = json_of(file.metadata("settings"));
        json_of(file.metadata("state")).get_to(state);
    } catch (const nlohmann::json::exception& problem) {
        throw Error(file.path() + ": settings", "cannot be read", {}, problem.what());
    }
    for (Json* j : {&mine, &stored})
        for (const char* longer : {"epochs", "joint_epochs"}) (*j)["schedule"].erase(longer);
    const Json difference = Json::diff(mine, stored);
    if (!difference.empty()) {
        const Json& first = difference.front();
        const Json::json_pointer at(first["path"].get<std::string>());
        throw Error(file.path() + ": " + at.to_string(), "made with another setting",
                    mine.contains(at) ? mine[at].dump() : "none",
                    stored.contains(at) ? stored[at].dump() : "none");
    }

    const ParameterLayout& layout = trainer.model().model->layout();
    trainer.for_each_block([&](const std::string& section, ParameterBlock block, auto list) {
        read_block(file, layout, *trainer.model().on, section, block, list);
    });
    const std::span<const T> metrics = file.template get<T>("ledger", io::Shape{StepMetrics::entries});
    const std::span<const std::int64_t> steps = file.template get<std::int64_t>(
        "optimizer.steps", io::Shape{static_cast<Index>(layout.groups().size())});
    trainer.restore(state, metrics, steps);
}

/// The settings with which a checkpoint was made.
template <class Model>
[[gnu::cold]] TrainConfig<Model> config_of(const io::Safetensors& file) {
    TrainConfig<Model> config;
    Json json;
    try {
        json = json_of(file.metadata("settings"));
    } catch (const nlohmann::json::exception& problem) {
        throw Error(file.path() + ": settings", "cannot be read", {}, problem.what());
    }
    read_settings(json, config, file.path() + ": settings");
    return config;
}

}  // namespace coco
