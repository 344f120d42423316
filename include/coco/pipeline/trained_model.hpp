// SPDX-License-Identifier: Apache-2.0
/// \file
/// A model with its parameters, their execution policy, and the builder that makes batches of histories.
/// Returned by training, used by evaluation and serving. Copies share model and parameters.
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
    std::shared_ptr<const text::History> text;  ///< null where the model does not read text

    /// A context without gradients and dropout.
    Context<P> context(Workspace<P>& work) const { return parameters->context(*on, work); }
};

/// The same model with its parameters copied to another policy, for example to serve on another device.
template <class P, class Model, class Q>
TrainedModel<Model, P> transfer(const TrainedModel<Model, Q>& trained, std::shared_ptr<P> to) {
    const auto parameters = std::make_shared<Parameters<P>>(*to, *trained.on, *trained.parameters);
    return {std::move(to), trained.model, parameters, trained.builder, trained.text};
}

}  // namespace coco
