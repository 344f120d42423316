// SPDX-License-Identifier: Apache-2.0
/// \file
/// What an optimiser must provide: a rule by which parameters follow their gradients, and numbers of its own
/// beside each parameter, which checkpoints keep.
#pragma once

#include <concepts>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include <coco/core/role.hpp>
#include <coco/exec/archetype.hpp>
#include <coco/nn/parameters.hpp>
#include <coco/train/touched_rows.hpp>

namespace coco {

/// Numbers that an optimiser keeps beside each parameter.
struct OptimizerState {
    const char* name;      ///< of its section in a checkpoint
    bool squares = false;  ///< they are never negative
};

/// What of a step an optimiser is given.
template <class P>
struct OptimizerStep {
    using Scalar = typename P::Scalar;
    Parameters<P>& values;
    Gradients<P>& gradients;
    std::span<const double> rates;  ///< one for each group; a group with rate 0 stays bit-identical
    const Scalar* scale = nullptr;  ///< in the policy's memory: multiplies the gradients; null: 1
    /// The rows of the item table that have gradients, which are packed; null: all. Only for an optimiser
    /// that says `static constexpr bool takes_touched_rows = true`.
    TouchedRows<P>* touched = nullptr;
};

namespace optimizer {

/// Optional: moves the touched rows of the item table alone.
template <class O>
inline constexpr bool takes_touched_rows = false;
template <class O>
requires requires { O::takes_touched_rows; }
inline constexpr bool takes_touched_rows<O> = O::takes_touched_rows;

/// `name`, by which a checkpoint knows it.
template <class O>
concept HasName = requires {
    {std::string_view(O::name)};
};

/// `Config`, with `double clip` among its settings.
template <class O>
concept HasConfig = std::default_initializable<typename O::Config> && requires(typename O::Config& config) {
    { config.clip } -> std::convertible_to<double>;
};

/// A constructor from a policy, a layout and a `Config`.
template <class O, class P>
concept IsMade = std::constructible_from<O, P&, const ParameterLayout&, const typename O::Config&>;

/// `step(on, OptimizerStep<P>)`.
template <class O, class P>
concept Steps = requires(O& o, P& on, const OptimizerStep<P>& step) {
    { o.step(on, step) } -> std::same_as<void>;
};

/// `states`, `state(index)` and `steps()`.
template <class O, class P>
concept KeepsState = requires(O& o, const O& c) {
    {std::span<const OptimizerState>(O::states)};
    { o.state(0) } -> std::same_as<Gradients<P>&>;
    { o.steps() } -> std::same_as<std::vector<std::int64_t>&>;
    { c.steps() } -> std::same_as<const std::vector<std::int64_t>&>;
};

/// The names of states are sections of a checkpoint beside "values" and "best".
template <class O>
constexpr bool has_own_sections() {
    for (const OptimizerState& state : O::states) {
        const std::string_view name = state.name;
        if (name.empty() || name.find('.') != name.npos || name == "values" || name == "best") return false;
        for (const OptimizerState& other : O::states)
            if (&other != &state && other.name == name) return false;
    }
    return true;
}

}  // namespace optimizer

/// An optimiser on a policy.
template <class O, class P>
concept Optimizer = Plays<O, role::Optimizer> && optimizer::HasName<O> && optimizer::HasConfig<O> &&
    optimizer::IsMade<O, P> && optimizer::Steps<O, P> && optimizer::KeepsState<O, P>;

/// True for an optimiser; for anything else it does not compile, and the first line of the message names the
/// first requirement that is not met.
template <class O, class P>
constexpr bool explain_optimizer() {
    if constexpr (!Plays<O, role::Optimizer>)
        static_assert(Plays<O, role::Optimizer>,
                      "coco: the third template argument of Trainer is an optimiser: this type lacks `using "
                      "Role = coco::role::Optimizer;` (docs/concepts.md#optimizer)");
    else if constexpr (!optimizer::HasName<O>)
        static_assert(optimizer::HasName<O>,
                      "coco: this Optimizer lacks `static constexpr const char* name` "
                      "(docs/concepts.md#optimizer)");
    else if constexpr (!optimizer::HasConfig<O>)
        static_assert(optimizer::HasConfig<O>,
                      "coco: this Optimizer lacks `Config` with a member `double clip` "
                      "(docs/concepts.md#optimizer)");
    else if constexpr (!optimizer::IsMade<O, P>)
        static_assert(optimizer::IsMade<O, P>,
                      "coco: this Optimizer lacks a constructor from (P&, const ParameterLayout&, const "
                      "Config&) (docs/concepts.md#optimizer)");
    else if constexpr (!optimizer::Steps<O, P>)
        static_assert(optimizer::Steps<O, P>,
                      "coco: this Optimizer lacks `void step(P&, const OptimizerStep<P>&)` "
                      "(docs/concepts.md#optimizer)");
    else if constexpr (!optimizer::KeepsState<O, P>)
        static_assert(optimizer::KeepsState<O, P>,
                      "coco: this Optimizer lacks `static constexpr OptimizerState states[n]`, "
                      "`Gradients<P>& state(std::size_t)` or `steps()`, constant and not "
                      "(docs/concepts.md#optimizer)");
    else
        static_assert(optimizer::has_own_sections<O>(),
                      "coco: the states of this Optimizer need names that differ, without dots, and neither "
                      "`values` nor `best` (docs/concepts.md#optimizer)");
    return true;
}

}  // namespace coco
