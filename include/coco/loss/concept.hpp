// SPDX-License-Identifier: Apache-2.0
/// \file
/// Requirements of an objective, one named concept per requirement, so that an error message names the
/// missing one.
#pragma once

#include <concepts>

#include <coco/core/role.hpp>
#include <coco/core/settings.hpp>
#include <coco/exec/archetype.hpp>
#include <coco/nn/layer.hpp>
#include <coco/nn/sequence.hpp>
#include <coco/sampling/shared_draw.hpp>

namespace coco {

namespace loss {

/// `static constexpr const char* name`: by which a setting chooses it.
template <class L>
concept HasName = requires {
    { L::name } -> std::convertible_to<const char*>;
};

/// `static constexpr bool needs_negatives`: whether it reads `targets.negative`.
template <class L>
concept DeclaresNegativeSampling = requires {
    { L::needs_negatives } -> std::convertible_to<bool>;
};

/// Optional `shared()`: the negatives that it reads in `targets.shared`.
template <class L>
SharedDraw shared_draw(const L& l) {
    if constexpr (requires {
                      { l.shared() } -> std::convertible_to<SharedDraw>;
                  })
        return l.shared();
    else
        return {};
}

/// Optional `static constexpr bool needs_others`: whether it takes a batch's other targets as negatives, and
/// reads in `targets.excluded` which of them it may not.
template <class L>
inline constexpr bool needs_others = false;
template <class L>
requires requires { L::needs_others; }
inline constexpr bool needs_others<L> = L::needs_others;

/// Optional `static constexpr bool touches_few`: whether item vectors get gradients for targets and negatives
/// alone, and not for the whole catalogue.
template <class L>
inline constexpr bool touches_few = false;
template <class L>
requires requires { L::touches_few; }
inline constexpr bool touches_few<L> = L::touches_few;

/// `step(ctx, h, vectors, targets, weight, loss, dh, dvectors) const`: *loss +=, dh =, dvectors +=.
template <class L>
concept ComputesStep = requires(const L& l, Context<Archetype>& ctx, CRows<Archetype> x,
                                const Targets<Archetype>& targets, double weight, Archetype::Scalar* loss,
                                Rows<Archetype> d) {
    { l.step(ctx, x, x, targets, weight, loss, d, d) } -> std::same_as<void>;
};

/// If it has settings, `struct Config`, which describes itself, and a constructor from it; else a default
/// constructor.
template <class L>
concept Constructible = std::default_initializable<L> ||(
    requires { typename L::Config; } &&
    requires(const typename L::Config& c) {
        L(c);
        requires DescribesItself<typename L::Config>;
    });

}  // namespace loss

/// A training loss: computes the value and the gradient over the targets in one pass.
template <class L>
concept Objective = Plays<L, role::Objective> && loss::HasName<L> && loss::DeclaresNegativeSampling<L> &&
    loss::Constructible<L> && loss::ComputesStep<L>;

/// True for an objective. For any other type it does not compile, and the first line of the error message
/// names the first requirement below that is not met.
template <class L>
constexpr bool explain_objective() {
    if constexpr (!Plays<L, role::Objective>)
        static_assert(Plays<L, role::Objective>,
                      "coco: not an Objective: it lacks `using Role = coco::role::Objective;` "
                      "(CONTRIBUTING.md, Add a loss, 1)");
    else if constexpr (!loss::HasName<L>)
        static_assert(
            loss::HasName<L>,
            "coco: this Objective lacks `static constexpr const char* name`, by which a setting chooses "
            "it (CONTRIBUTING.md, Add a loss, 1)");
    else if constexpr (!loss::DeclaresNegativeSampling<L>)
        static_assert(loss::DeclaresNegativeSampling<L>,
                      "coco: this Objective lacks `static constexpr bool needs_negatives` "
                      "(CONTRIBUTING.md, Add a loss, 1)");
    else if constexpr (!loss::Constructible<L>)
        static_assert(
            loss::Constructible<L>,
            "coco: this Objective has neither a default constructor nor one from its `Config`, which "
            "describes itself (CONTRIBUTING.md, Add a loss, 1)");
    else
        static_assert(
            loss::ComputesStep<L>,
            "coco: this Objective lacks `void step(Context<P>&, CRows<P> h, CRows<P> vectors, const "
            "Targets<P>&, double weight, Scalar* loss, Rows<P> dh, Rows<P> dvectors) const` "
            "(CONTRIBUTING.md, Add a loss, 2)");
    return true;
}

}  // namespace coco
