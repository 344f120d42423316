// SPDX-License-Identifier: Apache-2.0
/// \file
/// Requirements of an objective, one named concept per requirement, so that an error message names the
/// missing one.
#pragma once

#include <concepts>

#include <coco/core/role.hpp>
#include <coco/exec/archetype.hpp>
#include <coco/nn/layer.hpp>
#include <coco/nn/sequence.hpp>

namespace coco {

namespace loss {

/// `static constexpr bool needs_negatives`: whether it reads `targets.negative`.
template <class L>
concept DeclaresNegativeSampling = requires {
    { L::needs_negatives } -> std::convertible_to<bool>;
};

/// `step(ctx, h, vectors, targets, weight, loss, dh, dvectors)`: *loss +=, dh =, dvectors +=.
template <class L>
concept ComputesStep = requires(Context<Archetype>& ctx, CRows<Archetype> x,
                                const Targets<Archetype>& targets, double weight, Archetype::Scalar* loss,
                                Rows<Archetype> d) {
    { L::step(ctx, x, x, targets, weight, loss, d, d) } -> std::same_as<void>;
};

}  // namespace loss

/// A training loss: computes the value and the gradient over the targets in one pass.
template <class L>
concept Objective = Plays<L, role::Objective> && loss::DeclaresNegativeSampling<L> && loss::ComputesStep<L>;

/// True for an objective. For any other type it does not compile, and the first line of the error message
/// names the first requirement below that is not met.
template <class L>
constexpr bool explain_objective() {
    if constexpr (!Plays<L, role::Objective>)
        static_assert(Plays<L, role::Objective>,
                      "coco: not an Objective: it lacks `using Role = coco::role::Objective;` "
                      "(CONTRIBUTING.md, Add a loss, 1)");
    else if constexpr (!loss::DeclaresNegativeSampling<L>)
        static_assert(loss::DeclaresNegativeSampling<L>,
                      "coco: this Objective lacks `static constexpr bool needs_negatives` "
                      "(CONTRIBUTING.md, Add a loss, 1)");
    else
        static_assert(
            loss::ComputesStep<L>,
            "coco: this Objective lacks `static void step(Context<P>&, CRows<P> h, CRows<P> vectors, const "
            "Targets<P>&, double weight, Scalar* loss, Rows<P> dh, Rows<P> dvectors)` "
            "(CONTRIBUTING.md, Add a loss, 2)");
    return true;
}

}  // namespace coco
