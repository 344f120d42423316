// SPDX-License-Identifier: Apache-2.0
/// \file
/// Measures the language model's rows before the stage that trains a decoupler over standardised ones.
#pragma once

#include <algorithm>
#include <span>
#include <vector>

#include <coco/data/interactions.hpp>
#include <coco/nn/standardize.hpp>
#include <coco/pipeline/batch.hpp>
#include <coco/pipeline/trained_model.hpp>
#include <coco/store/workspace.hpp>

namespace coco {

/// The language model's rows, width D, of users spread over the train part, with prompts and adapter as they
/// are: of `users` at most.
template <class Model, class P>
[[gnu::cold]] std::vector<float> mixed_rows(const TrainedModel<Model, P>& trained,
                                            const data::Interactions& train, Index users) {
    Workspace<P> work(*trained.on);
    HostBatch b;
    std::vector<float> all;
    const Id stride = static_cast<Id>(std::max<Index>(1, train.users() / users));
    for (Id user = 0; user < static_cast<Id>(train.users()); user += stride) {
        if (train.length(user) == 0) continue;
        b.clear();
        trained.builder.add_history(b, user, train.of(user), no_id, trained.text.get());
        Context<P> ctx = trained.context(work);
        const auto part = values_of<P>(
            *trained.on, CRows<P>(trained.model->extract_knowledge(ctx, upload(ctx, b)).model.out));
        all.insert(all.end(), part.begin(), part.end());
        work.reset();
    }
    return all;
}

/// Sets the statistics of a decoupler that standardises its rows; does nothing for others.
template <class Model, class P>
[[gnu::cold]] void measure_rows(const TrainedModel<Model, P>& trained, const data::Interactions& train,
                                Index users = 256) {
    if constexpr (requires { trained.model->decoupler().rows(); }) {
        const std::vector<float> rows = mixed_rows(trained, train, users);
        if (rows.empty()) return;
        trained.model->decoupler().rows().set(
            *trained.on, *trained.parameters,
            nn::ColumnStatistics::of(std::span<const float>(rows), trained.model->model().width()));
    }
}

}  // namespace coco
