// SPDX-License-Identifier: Apache-2.0
/// \file
/// Loads a trained model from a checkpoint for serving; settings, sizes and values come from the file.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <utility>

#include <coco/data/catalogue.hpp>
#include <coco/train/checkpoint.hpp>

namespace coco {

namespace serve {

/// Leaves the settings unchanged.
struct AsStored {
    template <class Config>
    void operator()(Config&) const {}
};

/// The settings of a file after `adjust`, which must leave those that are stored as they are.
/// \throws Error naming the setting
template <class Model, class Adjust>
TrainConfig<Model> adjusted(const CheckpointFile& file, const Adjust& adjust) {
    Json stored_settings = file.settings();
    // A model is what it is by whatever optimiser; the settings of another one are not read.
    if (!file.optimizer().is_adamw() && stored_settings.is_object() && stored_settings.contains("schedule") &&
        stored_settings["schedule"].is_object())
        stored_settings["schedule"]["optimizer"] = settings_of(TrainConfig<Model>{})["schedule"]["optimizer"];
    TrainConfig<Model> config = checkpoint::config_of<Model, AdamWConfig>(file, stored_settings);
    if constexpr (requires { config.model.behaviour.items.space; }) {
        const std::string stored = config.model.behaviour.items.space;
        adjust(config);
        const std::string& given = config.model.behaviour.items.space;
        require(given == stored, file.where("items.space"), "made with another semantic space", stored,
                given);
    } else {
        adjust(config);
    }
    require_equal(stored_settings, settings_of(config), file.where("settings"));
    return config;
}

/// Constructs the model. \throws Error with the file's path in front of what the model says
template <class Make>
auto made_from(const CheckpointFile& file, const Make& make) {
    try {
        return make();
    } catch (const Error& problem) {
        throw Error(file.where("settings." + problem.where()), problem.problem(), problem.expected(),
                    problem.found());
    }
}

template <class Model, class P>
TrainedModel<Model, P> with_values(const CheckpointFile& file, const TrainConfig<Model>& config,
                                   std::shared_ptr<const Model> model,
                                   std::shared_ptr<const text::History> text, std::shared_ptr<P> on) {
    file.require_channel(checkpoint::has_channel(*model));
    file.require_stages(config.schedule.stages_of(model->layout(), Model::uses_knowledge));
    file.check<typename P::Scalar>(model->layout(), StepMetrics::entries);
    const auto parameters = std::make_shared<Parameters<P>>(*on, model->layout(), config.schedule.seed);
    for (const ParameterBlock block : {ParameterBlock::dense, ParameterBlock::table})
        checkpoint::read_block(file.file(), model->layout(), *on, "values", block,
                               parameters->block(block).list());
    return {std::move(on), model, parameters, batch_builder(*model, config.sampling), std::move(text)};
}

}  // namespace serve

/// The model in a checkpoint, of any pipeline. All of the file is checked, as for `resume`. With the
/// catalogue the model can extract knowledge; without it, it can only use knowledge that was extracted
/// before.
///
/// \param language   not used by a model without a language model
///
/// \param catalogue  null: it is not checked that the items are those of training
///
/// \param adjust     called before the model is constructed, gives what a checkpoint does not hold: text
/// vectors of items::TextAware, kappa and popularity of items::Semantic
///
/// \throws Error naming file and tensor, part or setting
template <class Model, class P, class Adjust = serve::AsStored>
TrainedModel<Model, P> load(const std::filesystem::path& path, const llm::TextModel& language,
                            const data::Catalogue* catalogue = nullptr,
                            std::shared_ptr<P> on = std::make_shared<P>(), const Adjust& adjust = {}) {
    static_assert(explain_model_on<Model, P>());
    const CheckpointFile file(path);
    if (catalogue)
        file.require_same("catalogue", std::to_string(catalogue->digest()), "made with another catalogue");
    file.require_same("language_model", Model::uses_knowledge ? language.digest : std::string(),
                      "made with another language model");
    const auto config = serve::adjusted<Model>(file, adjust);
    std::shared_ptr<const text::History> text;
    std::shared_ptr<const Model> model;
    if constexpr (Model::uses_knowledge) {
        const data::Catalogue none;
        text = std::make_shared<const text::History>(catalogue ? *catalogue : none, config.words,
                                                     language.encode);
        model = serve::made_from(file, [&] {
            return std::make_shared<const Model>(config.model, file.items(), language.source,
                                                 text->instruction());
        });
        if (!catalogue) text = nullptr;
    } else {
        model =
            serve::made_from(file, [&] { return std::make_shared<const Model>(config.model, file.items()); });
    }
    return serve::with_values<Model, P>(file, config, std::move(model), std::move(text), std::move(on));
}

/// The same without a language model, and without a catalogue.
template <class Model, class P, class Adjust = serve::AsStored>
requires(!Model::uses_knowledge) TrainedModel<Model, P> load(const std::filesystem::path& path,
                                                             std::shared_ptr<P> on = std::make_shared<P>(),
                                                             const Adjust& adjust = {}) {
    return load<Model, P>(path, llm::TextModel{}, nullptr, std::move(on), adjust);
}

}  // namespace coco
