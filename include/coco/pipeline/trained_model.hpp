// SPDX-License-Identifier: Apache-2.0
/// \file
/// A model with its parameters, their execution policy, and the builder that makes batches of histories.
/// Returned by training, used by evaluation and serving. Copies share model and parameters.
#pragma once

#include <algorithm>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <coco/io/file_digest.hpp>
#include <coco/nn/parameters.hpp>
#include <coco/pipeline/concept.hpp>
#include <coco/sampling/batch_builder.hpp>

namespace coco {

/// Makes a model's batches. \throws Error where a setting of samples is out of range
template <class Model>
BatchBuilder batch_builder(const Model& model, const Sampling& sampling) {
    return {sampling, model.items(), model::masks_items(model)};
}

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

/// A digest of the trained parameters, as floats: knowledge is of use to the model alone that extracted it.
template <class Model, class P>
std::string digest_of(const TrainedModel<Model, P>& trained) {
    using T = typename P::Scalar;
    constexpr Index piece = Index{1} << 20;
    io::XXH64 sum;
    std::vector<T> numbers;
    std::vector<float> floats;
    for (const ParameterBlock which : {ParameterBlock::dense, ParameterBlock::table}) {
        const List<const T, typename P::Space> all = std::as_const(*trained.parameters).block(which).list();
        for (Index at = 0; at < all.size; at += piece) {
            const Index count = std::min(piece, all.size - at);
            numbers.resize(static_cast<std::size_t>(count));
            trained.on->download(all.from(at, count), numbers.data());
            floats.assign(numbers.begin(), numbers.end());
            sum.add(std::as_bytes(std::span<const float>(floats)));
        }
    }
    return io::digest_text(sum.value());
}

/// The same model with its parameters copied to another policy, for example to serve on another device.
template <class P, class Model, class Q>
TrainedModel<Model, P> transfer(const TrainedModel<Model, Q>& trained, std::shared_ptr<P> to) {
    const auto parameters = std::make_shared<Parameters<P>>(*to, *trained.on, *trained.parameters);
    return {std::move(to), trained.model, parameters, trained.builder, trained.text};
}

}  // namespace coco
