// SPDX-License-Identifier: Apache-2.0
/// \file
/// A model with its parameters, where they lie, and how histories are put to it: what evaluation and serving
/// take, and training hands out. Copies share everything.
#pragma once

#include <memory>
#include <utility>

#include <coco/nn/parameters.hpp>
#include <coco/sampling/batch_builder.hpp>

namespace coco {

template <class Model_, class P>
struct TrainedModel {
    using Model = Model_;

    std::shared_ptr<P> on;
    std::shared_ptr<const Model> model;
    std::shared_ptr<Parameters<P>> parameters;
    BatchBuilder builder;
    std::shared_ptr<const text::History> text;  ///< null where the model reads none

    /// A pass without gradients or dropout.
    Context<P> context(Workspace<P>& work) const { return parameters->context(*on, work); }
};

/// The same model, its parameters copied to another policy: trained here, served there.
template <class P, class Model, class Q>
TrainedModel<Model, P> transfer(const TrainedModel<Model, Q>& trained, std::shared_ptr<P> to) {
    const auto parameters = std::make_shared<Parameters<P>>(*to, *trained.on, *trained.parameters);
    return {std::move(to), trained.model, parameters, trained.builder, trained.text};
}

}  // namespace coco
