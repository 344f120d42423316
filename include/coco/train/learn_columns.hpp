// SPDX-License-Identifier: Apache-2.0
/// \file
/// Learns semantic columns from targets that behaviour has not fitted: each user's newest train item is held
/// back, behaviour is fitted on the others, and the columns learn from those held back how to complement it.
/// They depend on no vector of that behaviour, so that any model may then take them, one that was fitted on
/// all train items as well.
#pragma once

#include <vector>

#include <coco/items/learned_semantic.hpp>
#include <coco/pipeline/sequential_recommender.hpp>
#include <coco/train/stage_settings.hpp>
#include <coco/train/trainer.hpp>
#include <coco/train/unseen_stages.hpp>

namespace coco {

/// The two stages. \param schedule  of behaviour by itself: rate, epochs, patience
/// \param samples  of behaviour: positions or prefixes    \param rate  of the columns
[[gnu::cold]] inline std::vector<StageSettings> columns_stages(const Schedule& schedule, Samples samples,
                                                               double rate = 1e-3, Index epochs = 20,
                                                               Index patience = 3) {
    StageSettings held_back;
    held_back.name = std::string(TrainingStage::columns.name());
    held_back.sampler = sampling::HeldBack::name;
    held_back.rate = 0;
    held_back.rates = {{"words", rate}, {"channel", rate}};
    held_back.epochs = epochs;
    held_back.patience = patience;
    return {older_behaviour(schedule, samples), held_back};
}

/// Columns on the host, items x columns: what `items::Semantic` takes.
struct LearnedColumns {
    std::vector<float> kappa, read;
};

/// Those of a model with learned ones.
template <class Backbone, class ObjectiveList, class P>
LearnedColumns learned_columns(
    const TrainedModel<SequentialRecommender<Backbone, items::LearnedSemantic, ObjectiveList>, P>& trained) {
    Workspace<P> work(*trained.on);
    Context<P> ctx = trained.context(work);
    const auto vectors = trained.model->item_vectors(ctx);
    const auto on_host = [&](CRows<P> x) {
        const auto numbers = values_of<P>(*trained.on, x);
        return std::vector<float>(numbers.begin(), numbers.end());
    };
    return {on_host(vectors.items.kappa), on_host(vectors.items.read)};
}

}  // namespace coco
