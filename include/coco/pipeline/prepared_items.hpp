// SPDX-License-Identifier: Apache-2.0
/// \file
/// What a ranking needs of all items, computed once for many rankings.
#pragma once

#include <concepts>

#include <coco/pipeline/batch.hpp>
#include <coco/pipeline/concept.hpp>
#include <coco/pipeline/trained_model.hpp>
#include <coco/store/workspace.hpp>

namespace coco {

namespace model {

/// Optional: `item_vectors(ctx)`, and `score(ctx, batch, vectors)`, which takes them instead of computing
/// them.
template <class M, class P>
concept HasItemVectors = requires(const M& model, Context<P>& ctx) {
    { model.item_vectors(ctx) } -> std::same_as<typename M::template ItemVectors<P>>;
};

template <class M, class P>
struct ItemVectorsOf {
    struct type {};
};
template <class M, class P>
requires HasItemVectors<M, P>
struct ItemVectorsOf<M, P> {
    using type = typename M::template ItemVectors<P>;
};

}  // namespace model

/// The item vectors of a trained model as they were when `compute` was called; a model that has none computes
/// what it needs in every pass. Const use from several threads is allowed.
template <class Model, class P>
class PreparedItems {
public:
    explicit PreparedItems(P& on) : work_(on) {}

    void compute(const TrainedModel<Model, P>& trained) {
        if constexpr (prepares) {
            work_.reset();
            Context<P> ctx = trained.context(work_);
            vectors_ = trained.model->item_vectors(ctx);
        }
    }

    /// As the model's `score` with the same further arguments.
    template <class... Knowledge>
    typename Model::template Scoring<P> score(const TrainedModel<Model, P>& trained, Context<P>& ctx,
                                              const Batch<P>& batch, const Knowledge&... knowledge) const {
        if constexpr (prepares)
            return trained.model->score(ctx, batch, vectors_, knowledge...);
        else
            return trained.model->score(ctx, batch, knowledge...);
    }

    /// With the knowledge that the model extracts from the batch itself.
    typename Model::template Scoring<P> score_by_own_knowledge(const TrainedModel<Model, P>& trained,
                                                               Context<P>& ctx, const Batch<P>& batch) const {
        if constexpr (requires { trained.model->score_by_own_knowledge(ctx, batch, vectors_); }) {
            return trained.model->score_by_own_knowledge(ctx, batch, vectors_);
        } else {
            const auto knowledge = trained.model->extract_knowledge(ctx, batch);
            return score(trained, ctx, batch, CRows<P>(knowledge.decoupler.out),
                         knowledge.decoupler.of_group);
        }
    }

    /// As the model's `channel_score`.
    typename Model::template Scoring<P> channel_score(const TrainedModel<Model, P>& trained, Context<P>& ctx,
                                                      const Batch<P>& batch) const {
        return trained.model->channel_score(ctx, batch, vectors_);
    }

private:
    static constexpr bool prepares = model::HasItemVectors<Model, P>;

    Workspace<P> work_;
    typename model::ItemVectorsOf<Model, P>::type vectors_;
};

}  // namespace coco
