// SPDX-License-Identifier: Apache-2.0
/// \file
/// What a model must offer to be trained, evaluated and served, one named requirement each, so that a message
/// can say what is missing. Pipelines are models; so is `Base`.
#pragma once

#include <concepts>

#include <coco/core/role.hpp>
#include <coco/exec/archetype.hpp>
#include <coco/nn/stage.hpp>
#include <coco/pipeline/batch.hpp>
#include <coco/pipeline/step.hpp>

namespace coco {

namespace model {

/// `layout()`, the tensors; `items()`, how many can be ranked; `window()`, the longest history in items.
template <class M>
concept DescribesItself = requires(const M& model) {
    { model.layout() } -> std::convertible_to<const Layout&>;
    { model.items() } -> std::convertible_to<Index>;
    { model.window() } -> std::convertible_to<Index>;
};

/// `static constexpr bool knows`: whether it makes knowledge with a language model.
template <class M>
concept SaysWhetherItKnows = std::convertible_to<decltype(M::knows), bool>;

/// `step(run, batch, phase, ledger)`: one training step; adds to the ledger and to gradients.
template <class M>
concept Learns = requires(const M& model, Run<Archetype>& run, const Batch<Archetype>& batch,
                          Archetype::Scalar* ledger) {
    { model.step(run, batch, Phase::joint, ledger) } -> std::same_as<StepReport>;
};

/// `answer(run, batch)`: `rows`, one a target, and `vectors`, one an item, whose products rank.
template <class M>
concept Answers = requires(const M& model, Run<Archetype>& run, const Batch<Archetype>& batch,
                           const typename M::template Answer<Archetype>& answer) {
    { model.answer(run, batch) } -> std::same_as<typename M::template Answer<Archetype>>;
    { answer.rows } -> std::convertible_to<CRows<Archetype>>;
    { answer.vectors } -> std::convertible_to<CRows<Archetype>>;
};

/// Where it knows: `know(run, batch)`, what is known of each group (`decoupler.out`, `decoupler.of_group`),
/// and `answer(run, batch, pure, pure_of)`, which makes use of it.
template <class M>
concept Knows = !M::knows || requires(const M& model, Run<Archetype>& run, const Batch<Archetype>& batch,
                                      const typename M::template Known<Archetype>& known,
                                      CRows<Archetype> pure, const Segments<Archetype>& pure_of) {
    { model.know(run, batch) } -> std::same_as<typename M::template Known<Archetype>>;
    { known.decoupler.out } -> std::convertible_to<CRows<Archetype>>;
    { known.decoupler.of_group } -> std::convertible_to<Segments<Archetype>>;
    { model.answer(run, batch, pure, pure_of) } -> std::same_as<typename M::template Answer<Archetype>>;
};

}  // namespace model

/// Something that learns from batches of histories and ranks items.
template <class M>
concept Model = Plays<M, role::Model> && model::DescribesItself<M> && model::SaysWhetherItKnows<M> &&
    model::Learns<M> && model::Answers<M> && model::Knows<M>;

/// True for a model; for anything else it does not compile, and the first line of the message is the first
/// sentence here that is not met.
template <class M>
constexpr bool explain_model() {
    if constexpr (!Plays<M, role::Model>)
        static_assert(
            Plays<M, role::Model>,
            "coco: not a Model: it lacks `using Role = coco::role::Model;` (docs/concepts.md#model)");
    else if constexpr (!model::DescribesItself<M>)
        static_assert(model::DescribesItself<M>,
                      "coco: this Model lacks `layout()`, `items()` or `window()` (docs/concepts.md#model)");
    else if constexpr (!model::SaysWhetherItKnows<M>)
        static_assert(model::SaysWhetherItKnows<M>,
                      "coco: this Model lacks `static constexpr bool knows` (docs/concepts.md#model)");
    else if constexpr (!model::Learns<M>)
        static_assert(model::Learns<M>,
                      "coco: this Model lacks `StepReport step(Run<P>&, const Batch<P>&, Phase, "
                      "P::Scalar* ledger) const` (docs/concepts.md#model)");
    else if constexpr (!model::Answers<M>)
        static_assert(model::Answers<M>,
                      "coco: this Model lacks `Answer<P> answer(Run<P>&, const Batch<P>&) const` "
                      "with `rows` and `vectors` (docs/concepts.md#model)");
    else
        static_assert(
            model::Knows<M>,
            "coco: this Model says it knows, but lacks `Known<P> know(Run<P>&, const Batch<P>&) const` or "
            "`Answer<P> answer(Run<P>&, const Batch<P>&, CRows<P> pure, const Segments<P>&) const` "
            "(docs/concepts.md#model)");
    return true;
}

}  // namespace coco
