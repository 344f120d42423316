// SPDX-License-Identifier: Apache-2.0
/// \file
/// Checkpoint of a training run: a safetensors file with every trained tensor, its moments, the best values
/// so far, the settings and the position in the schedule, under a digest of the whole file. It never contains
/// base weights of a language model, text, times or paths: equal runs give equal files, and a run that was
/// killed and resumed gives the same file as an uninterrupted run. Nothing of a file is used before all of it
/// has been checked.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include <coco/io/safetensors_writer.hpp>
#include <coco/train/checkpoint_file.hpp>
#include <coco/train/settings.hpp>

namespace coco {

namespace checkpoint {

/// Parts of a pipeline as its checkpoints name them.
template <class Model, class O>
[[gnu::cold]] PartNames parts_of(const TrainConfig<Model, O>& config) {
    PartNames names = PartsOf<Model>::names();
    if constexpr (std::is_same_v<typename PartsOf<Model>::ItemsPart, items::Semantic>) {
        if (!config.model.behaviour.items.map) names[1].second = part_name<items::Table>();
    } else {
        static_cast<void>(config);
    }
    return names;
}

template <class Model>
bool has_channel(const Model& model) {
    if constexpr (model::may_have_channel<Model>)
        return model.has_channel();
    else
        return false;
}

/// Writes what the tensors were made with, and what they mean.
template <class Model, class P, class O>
[[gnu::cold]] void describe(io::SafetensorsWriter& file, const Trainer<Model, P, O>& trainer) {
    file.metadata("catalogue", std::to_string(trainer.catalogue_digest()));
    file.metadata("items", std::to_string(trainer.model().model->items()));
    file.metadata("language_model", trainer.language_digest());
    file.metadata("settings", dumped(settings_of(trainer.config()), "settings"));
    Json parts(Json::value_t::object);
    for (const auto& [role, name] : parts_of(trainer.config())) parts[role] = name;
    file.metadata("parts", parts.dump());
}

/// \throws Error naming file and tensor: a file that would not be read is not written
template <class T>
[[gnu::cold]] void require_finite(std::span<const T> numbers, const std::string& tensor,
                                  const std::filesystem::path& path) {
    for (const T x : numbers)
        if (!is_finite(x))
            throw Error(path.string() + ": " + tensor, "not written", "finite numbers", text_of(x));
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

/// An optimiser as files name it.
template <class O>
[[gnu::cold]] StoredOptimizer stored_optimizer() {
    StoredOptimizer stored{O::name, {}};
    for (const OptimizerState& state : O::states) stored.states[state.name] = state.squares;
    return stored;
}

/// The settings with which a checkpoint was made.
/// \param given  the file's, or as much of them as the model needs
/// \throws Error naming the part or setting, with its path, that is not this model's or out of range
template <class Model, class O>
[[gnu::cold]] TrainConfig<Model, O> config_of(const CheckpointFile& file, const Json& given) {
    TrainConfig<Model, O> config;
    if constexpr (std::is_same_v<typename PartsOf<Model>::ItemsPart, items::Semantic>)
        config.model.behaviour.items.map = given.is_object() && given.contains("items") &&
                                           given["items"].is_object() && given["items"].contains("map");
    file.require_parts(parts_of(config));
    read_settings(given, config, file.where("settings"));
    return config;
}
template <class Model>
[[gnu::cold]] TrainConfig<Model> config_of(const CheckpointFile& file) {
    return config_of<Model, AdamWConfig>(file, file.settings());
}

}  // namespace checkpoint

/// Writes the trainer's whole state; the file is replaced atomically.
template <class Model, class P, class O>
[[gnu::cold]] void save(const std::filesystem::path& path, Trainer<Model, P, O>& trainer) {
    using T = typename P::Scalar;
    io::SafetensorsWriter file;
    file.seal();
    file.metadata("schema", checkpoint_schema);
    file.metadata("interactions", trainer.interactions_digest());
    checkpoint::describe(file, trainer);
    if (const StoredOptimizer mine = checkpoint::stored_optimizer<O>(); !mine.is_adamw())
        file.metadata("optimizer", Json{{"name", mine.name}, {"states", mine.states}}.dump());
    TrainState copy = trainer.state();
    Json state = json_of(list_settings(copy));
    if (checkpoint::has_channel(*trainer.model().model)) state["channel_chosen"] = copy.channel_chosen;
    file.metadata("state", state.dump());

    std::vector<std::vector<T>> blocks;
    trainer.for_each_block([&](const std::string& section, ParameterBlock block, auto list) {
        std::vector<T>& numbers = blocks.emplace_back(static_cast<std::size_t>(list.size));
        trainer.model().on->download(List<const T, typename P::Space>(list), numbers.data());
        checkpoint::require_finite(std::span<const T>(numbers), section, path);
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

/// Restores a trainer to the state in the file. The trainer must have been constructed with the same
/// pipeline, settings (except the numbers of epochs), catalogue and language model; `fit` then takes the same
/// interactions. Throws `Error` naming the difference; the trainer is then unchanged.
template <class Model, class P, class O>
void resume(const std::filesystem::path& path, Trainer<Model, P, O>& trainer) {
    using T = typename P::Scalar;
    const CheckpointFile file(path);
    file.require_same("catalogue", std::to_string(trainer.catalogue_digest()), "made with another catalogue");
    file.require_same("language_model", trainer.language_digest(), "made with another language model");
    require(file.optimizer() == checkpoint::stored_optimizer<O>(), file.where("optimizer"),
            "made by another optimiser", O::name, file.optimizer().name);
    const auto config = checkpoint::config_of<Model, typename O::Config>(file, file.settings());
    Json mine = settings_of(trainer.config()), stored = settings_of(config);
    for (Json* j : {&mine, &stored})
        for (const char* longer : {"epochs", "joint_epochs"}) (*j)["schedule"].erase(longer);
    for (Json* j : {&mine, &stored})
        if ((*j)["schedule"].contains("stages"))
            for (Json& stage : (*j)["schedule"]["stages"]) stage.erase("epochs");
    // What the data have decided stays so.
    if (trainer.config().sampling.samples == Samples::by_data)
        mine["sampling"].erase("samples"), stored["sampling"].erase("samples");
    require_equal(mine, stored, file.where("settings"));

    const ParameterLayout& layout = trainer.model().model->layout();
    file.require_channel(checkpoint::has_channel(*trainer.model().model));
    file.require_stages(trainer.stages());
    file.check<T>(layout, StepMetrics::entries);
    const Index codes = code_count(*trainer.model().model);
    const Index uses = static_cast<Index>(file.state().diagnostics.uses.size());
    require(uses == codes || (uses == 0 && file.state().batch == 0), file.where("state.vitals.uses"),
            "of another number of codes", text_of(codes), text_of(uses));
    trainer.for_each_block([&](const std::string& section, ParameterBlock block, auto list) {
        checkpoint::read_block(file.file(), layout, *trainer.model().on, section, block, list);
    });
    trainer.set_samples(config.sampling.samples);
    trainer.restore(file.state(), file.file().template get<T>("ledger", io::Shape{StepMetrics::entries}),
                    file.steps(layout), file.interactions());
}

}  // namespace coco
