// SPDX-License-Identifier: Apache-2.0
/// \file
/// The requirements on a model for training, evaluation and serving, each with its own name, so that an error
/// message can state which is missing. Pipelines and `SequentialRecommender` are models.
#pragma once

#include <concepts>
#include <cstdint>
#include <type_traits>

#include <coco/core/role.hpp>
#include <coco/exec/archetype.hpp>
#include <coco/exec/policy.hpp>
#include <coco/nn/layer.hpp>
#include <coco/pipeline/batch.hpp>
#include <coco/pipeline/scorer.hpp>
#include <coco/pipeline/step.hpp>
#include <coco/sampling/shared_draw.hpp>

namespace coco {

namespace model {

/// `layout()`: the tensors; `items()`: the number of items to rank; `window()`: the longest history in items.
template <class M>
concept HasLayoutAndSizes = requires(const M& model) {
    { model.layout() } -> std::convertible_to<const ParameterLayout&>;
    { model.items() } -> std::convertible_to<Index>;
    { model.window() } -> std::convertible_to<Index>;
};

/// `static constexpr bool uses_knowledge`: whether it extracts knowledge with a language model.
template <class M>
concept DeclaresUsesKnowledge = std::convertible_to<decltype(M::uses_knowledge), bool>;

/// `step(ctx, batch, stage, metrics)`: one training step; adds to the metrics and to the gradients.
template <class M>
concept Trains = requires(const M& model, Context<Archetype>& ctx, const Batch<Archetype>& batch,
                          Archetype::Scalar* metrics) {
    { model.step(ctx, batch, TrainingStage::joint, metrics) } -> std::same_as<StepReport>;
};

/// `score(ctx, batch)`: a scorer of the batch's targets.
template <class M>
concept Scores = requires(const M& model, Context<Archetype>& ctx, const Batch<Archetype>& batch) {
    { model.score(ctx, batch) } -> std::same_as<typename M::template Scoring<Archetype>>;
};

/// `Scoring<P>` is a `Scorer`.
template <class M>
concept HasScorer = Scorer<typename M::template Scoring<Archetype>, Archetype>;

/// If it uses knowledge: `knowledge_width()`, the columns of its knowledge rows; `extract_knowledge(ctx,
/// batch)`, the rows of each group (`decoupler.out`, `decoupler.of_group`); `score(ctx, batch, pure,
/// pure_of)`, which uses them.
template <class M>
concept ExtractsKnowledge =
    !M::uses_knowledge || requires(const M& model, Context<Archetype>& ctx, const Batch<Archetype>& batch,
                                   const typename M::template KnowledgeForward<Archetype>& knowledge,
                                   CRows<Archetype> pure, const Segments<Archetype>& pure_of) {
    { model.knowledge_width() } -> std::convertible_to<Index>;
    { model.extract_knowledge(ctx, batch) } -> std::same_as<typename M::template KnowledgeForward<Archetype>>;
    { knowledge.decoupler.out } -> std::convertible_to<CRows<Archetype>>;
    { knowledge.decoupler.of_group } -> std::convertible_to<Segments<Archetype>>;
    { model.score(ctx, batch, pure, pure_of) } -> std::same_as<typename M::template Scoring<Archetype>>;
};

/// Optional `static constexpr bool sees_later_items`, or `sees_later_items()`: whether a row depends on items
/// after its own; a model without it is taken for one that does.
template <class M>
bool sees_later_items(const M& model) {
    if constexpr (requires {
                      { model.sees_later_items() } -> std::convertible_to<bool>;
                  })
        return model.sees_later_items();
    else if constexpr (requires {
                           { M::sees_later_items } -> std::convertible_to<bool>;
                       })
        return M::sees_later_items;
    else
        return true;
}

/// Optional `masks_items()`, as a backbone's: whether histories to be continued end with a masked row.
template <class M>
bool masks_items(const M& model) {
    if constexpr (requires {
                      { model.masks_items() } -> std::convertible_to<bool>;
                  })
        return model.masks_items();
    else
        return false;
}

/// Optional `objectives()`: an `Objectives<...>`, by which batches hold what the loss reads.
template <class M>
concept HasObjectives = requires(const M& model) {
    model.objectives();
};

/// Whether batches must hold a sampled negative for each target; a model without `objectives()` may say so by
/// a `needs_negatives()` of its own.
template <class M>
bool needs_negatives(const M& model) {
    if constexpr (HasObjectives<M>)
        return model.objectives().needs_negatives();
    else if constexpr (requires {
                           { model.needs_negatives() } -> std::convertible_to<bool>;
                       })
        return model.needs_negatives();
    else
        return false;
}
/// Whether batches must say which other targets are no negatives.
template <class M>
bool needs_others(const M& model) {
    if constexpr (HasObjectives<M>)
        return model.objectives().needs_others();
    else
        return false;
}
/// Optional beside `objectives()`, `static constexpr bool items_by_row`: whether a step touches few rows of
/// the item table.
template <class M>
bool touches_few(const M& model) {
    if constexpr (HasObjectives<M> && requires { M::items_by_row; })
        return M::items_by_row && model.objectives().touches_few();
    else
        return false;
}
/// The negatives that all targets of a batch share.
template <class M>
SharedDraw shared_draw(const M& model) {
    if constexpr (HasObjectives<M>)
        return model.objectives().shared();
    else
        return {};
}

/// Whether rankings of a model may use semantic columns: it then says `static constexpr bool
/// may_have_channel`, and has `has_channel()`, `channel()` and `channel_score(ctx, batch, vectors)`.
template <class M>
inline constexpr bool may_have_channel = false;
template <class M>
requires requires { M::may_have_channel; }
inline constexpr bool may_have_channel<M> = M::may_have_channel;

/// Optional `begin_epoch(trained, stage, train, seed, epoch)`: called before each epoch of a stage, counted
/// from 0, with the trained model itself.
template <class Whole, class Train>
void begin_epoch(const Whole& trained, TrainingStage stage, const Train& train, std::uint64_t seed,
                 Index epoch) {
    if constexpr (requires { trained.model->begin_epoch(trained, stage, train, seed, epoch); })
        trained.model->begin_epoch(trained, stage, train, seed, epoch);
}

}  // namespace model

/// A model that is trained on batches of histories and ranks items.
template <class M>
concept Model = Plays<M, role::Model> && model::HasLayoutAndSizes<M> && model::DeclaresUsesKnowledge<M> &&
    model::Trains<M> && model::Scores<M> && model::HasScorer<M> && model::ExtractsKnowledge<M>;

/// True for a model. For any other type it does not compile, and the first line of the error message names
/// the first requirement that is not met.
template <class M>
constexpr bool explain_model() {
    if constexpr (!Plays<M, role::Model>)
        static_assert(
            Plays<M, role::Model>,
            "coco: not a Model: it lacks `using Role = coco::role::Model;` (docs/concepts.md#model)");
    else if constexpr (!model::HasLayoutAndSizes<M>)
        static_assert(model::HasLayoutAndSizes<M>,
                      "coco: this Model lacks `layout()`, `items()` or `window()` (docs/concepts.md#model)");
    else if constexpr (!model::DeclaresUsesKnowledge<M>)
        static_assert(
            model::DeclaresUsesKnowledge<M>,
            "coco: this Model lacks `static constexpr bool uses_knowledge` (docs/concepts.md#model)");
    else if constexpr (!model::Trains<M>)
        static_assert(model::Trains<M>,
                      "coco: this Model lacks `StepReport step(Context<P>&, const Batch<P>&, TrainingStage, "
                      "P::Scalar* metrics) const` (docs/concepts.md#model)");
    else if constexpr (!model::Scores<M>)
        static_assert(model::Scores<M>,
                      "coco: this Model lacks `Scoring<P> score(Context<P>&, const Batch<P>&) const`, for "
                      "instance with `template <class P> using Scoring = coco::ProductScorer<P>;` "
                      "(docs/concepts.md#model)");
    else if constexpr (!model::HasScorer<M>)
        static_assert(
            model::HasScorer<M>,
            "coco: what this Model's `score` returns is not a Scorer: it lacks `top_k(ctx, excluded, "
            "k, best, scores) const` or `target_rank(ctx, excluded, target, rank) const` "
            "(docs/concepts.md#scorer)");
    else
        static_assert(
            model::ExtractsKnowledge<M>,
            "coco: this Model says it uses knowledge, but lacks `Index knowledge_width() const`, "
            "`KnowledgeForward<P> "
            "extract_knowledge(Context<P>&, "
            "const Batch<P>&) const` or "
            "`Scoring<P> score(Context<P>&, const Batch<P>&, CRows<P> pure, const Segments<P>&) const` "
            "(docs/concepts.md#model)");
    return true;
}

/// True for a model and an execution policy. For any other types it does not compile, and the first line of
/// the error message says why.
template <class M, class P>
constexpr bool explain_model_on() {
    if constexpr (!std::is_class_v<P>)
        static_assert(std::is_class_v<P>,
                      "coco: the second template argument is the execution policy, for example coco::Host, "
                      "not the type of a number (docs/concepts.md#executionpolicy)");
    else if constexpr (!requires { sizeof(P); })
        static_assert(
            requires { sizeof(P); },
            "coco: the execution policy is declared but not defined here: for coco::Cuda include "
            "<coco/coco.cuh> in a .cu file that nvcc compiles, for coco::Host <coco/host/host.hpp>");
    else
        return explain_policy<P>() && explain_model<M>();
    return false;
}

}  // namespace coco
