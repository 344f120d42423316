// SPDX-License-Identifier: Apache-2.0
/// \file
/// Loads a trained model from a checkpoint for serving; settings, sizes and values come from the file.
#pragma once

#include <charconv>
#include <filesystem>
#include <memory>
#include <utility>

#include <coco/data/catalogue.hpp>
#include <coco/train/checkpoint.hpp>

namespace coco {

namespace serve {

inline Index number_of_items(const io::Safetensors& file) {
    const std::string& text = file.metadata("items");
    Index items = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), items);
    if (problem != std::errc() || end != text.data() + text.size())
        throw Error(file.path() + ": items", "not a number", {}, text);
    return items;
}

/// Leaves the settings unchanged.
struct AsStored {
    template <class Config>
    void operator()(Config&) const {}
};

/// The settings of a file after `adjust`. \throws Error where the given semantic columns are of another space
template <class Model, class Adjust>
TrainConfig<Model> adjusted(const io::Safetensors& file, const Adjust& adjust) {
    TrainConfig<Model> config = config_of<Model>(file);
    if constexpr (requires { config.model.behaviour.items.space; }) {
        const std::string stored = config.model.behaviour.items.space;
        adjust(config);
        const std::string& given = config.model.behaviour.items.space;
        require(given == stored, file.path() + ": items.space", "made with another semantic space", stored,
                given);
    } else {
        adjust(config);
    }
    return config;
}

template <class Model, class P>
TrainedModel<Model, P> with_values(const io::Safetensors& file, const TrainConfig<Model>& config,
                                   std::shared_ptr<const Model> model,
                                   std::shared_ptr<const text::History> text, std::shared_ptr<P> on) {
    const auto parameters = std::make_shared<Parameters<P>>(*on, model->layout(), config.schedule.seed);
    for (const ParameterBlock block : {ParameterBlock::dense, ParameterBlock::table})
        read_block(file, model->layout(), *on, "values", block, parameters->block(block).list());
    const Index items = model->items();
    return {std::move(on), std::move(model), parameters, BatchBuilder(config.sampling, items),
            std::move(text)};
}

}  // namespace serve

/// A model without a language model. \throws Error naming file and tensor or setting
/// \param adjust  changes the settings before the model is constructed (text vectors of items::TextAware,
/// kappa
///                of items::Semantic)
template <class Model, class P, class Adjust = serve::AsStored>
requires(!Model::uses_knowledge) TrainedModel<Model, P> load(const std::filesystem::path& path,
                                                             std::shared_ptr<P> on = std::make_shared<P>(),
                                                             const Adjust& adjust = {}) {
    const io::Safetensors file(path);
    const auto config = serve::adjusted<Model>(file, adjust);
    return serve::with_values<Model, P>(
        file, config, std::make_shared<const Model>(config.model, serve::number_of_items(file)), nullptr,
        std::move(on));
}

/// A model with its language model. With the catalogue it can extract knowledge; without it, the model can
/// only use knowledge that was extracted before.
template <class Model, class P, class Adjust = serve::AsStored>
requires(Model::uses_knowledge) TrainedModel<Model, P> load(const std::filesystem::path& path,
                                                            const llm::TextModel& language,
                                                            const data::Catalogue* catalogue = nullptr,
                                                            std::shared_ptr<P> on = std::make_shared<P>(),
                                                            const Adjust& adjust = {}) {
    const io::Safetensors file(path);
    require(file.metadata("language_model") == language.digest, file.path() + ": language_model",
            "made with another language model", language.digest, file.metadata("language_model"));
    if (catalogue) check_origin(file, catalogue->digest(), language.digest);
    const auto config = serve::adjusted<Model>(file, adjust);
    const data::Catalogue none;
    const auto text =
        std::make_shared<const text::History>(catalogue ? *catalogue : none, config.words, language.encode);
    const auto model = std::make_shared<const Model>(config.model, serve::number_of_items(file),
                                                     language.source, text->instruction());
    return serve::with_values<Model, P>(file, config, model, catalogue ? text : nullptr, std::move(on));
}

}  // namespace coco
