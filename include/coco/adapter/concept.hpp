// SPDX-License-Identifier: Apache-2.0
/// \file
/// Requirements of an adapter, one named concept per requirement, so that an error message names the missing
/// one.
#pragma once

#include <concepts>

#include <coco/adapter/projections.hpp>
#include <coco/core/role.hpp>
#include <coco/exec/archetype.hpp>
#include <coco/nn/layer.hpp>

namespace coco {

namespace adapter {

/// `static constexpr bool learns`: whether it has tensors to train.
template <class T>
concept DeclaresLearning = requires {
    { T::learns } -> std::convertible_to<bool>;
};

/// Constructor `T(ParameterLayout&, const T::Config&, const adapter::Sizes&)`.
template <class T>
concept ConstructibleFromLayout = requires {
    typename T::Config;
}
&&std::constructible_from<T, ParameterLayout&, const typename T::Config&, const Sizes&>;

/// `changes(projection)`: whether it changes that map; if not, the input rows for it need not be recomputed.
template <class T>
concept ReportsChangedProjections = requires(const T& adapter, Projection projection) {
    { adapter.changes(projection) } -> std::convertible_to<bool>;
};

/// `forward(ctx, layer, projection, x, row_key, y)`: y += the change of the projection of x.
template <class T>
concept ChangesProjections = requires(const T& adapter, Context<Archetype>& ctx, Index layer,
                                      Projection projection, CRows<Archetype> x, Ids<Archetype> row_key,
                                      Rows<Archetype> y) {
    { adapter.forward(ctx, layer, projection, x, row_key, y) } -> std::same_as<void>;
};

/// `backward(ctx, layer, projection, x, row_key, dy, dx)`: its gradients += and dx +=, from x and dy only.
template <class T>
concept PassesGradients = requires(const T& adapter, Context<Archetype>& ctx, Index layer,
                                   Projection projection, CRows<Archetype> x, Ids<Archetype> row_key,
                                   Rows<Archetype> dx) {
    { adapter.backward(ctx, layer, projection, x, row_key, x, dx) } -> std::same_as<void>;
};

}  // namespace adapter

/// A trained change of a language model whose own weights are not trained.
template <class T>
concept Adapter =
    Plays<T, role::Adapter> && adapter::DeclaresLearning<T> && adapter::ConstructibleFromLayout<T> &&
    adapter::ReportsChangedProjections<T> && adapter::ChangesProjections<T> && adapter::PassesGradients<T>;

/// True for an adapter. For any other type it does not compile, and the first line of the error message names
/// the first requirement below that is not met.
template <class T>
constexpr bool explain_adapter() {
    if constexpr (!Plays<T, role::Adapter>)
        static_assert(
            Plays<T, role::Adapter>,
            "coco: not an Adapter: it lacks `using Role = coco::role::Adapter;` (docs/concepts.md#adapter)");
    else if constexpr (!adapter::DeclaresLearning<T>)
        static_assert(adapter::DeclaresLearning<T>,
                      "coco: this Adapter lacks `static constexpr bool learns` (docs/concepts.md#adapter)");
    else if constexpr (!adapter::ConstructibleFromLayout<T>)
        static_assert(adapter::ConstructibleFromLayout<T>,
                      "coco: this Adapter lacks `struct Config` and a constructor from "
                      "`(coco::ParameterLayout&, const Config&, "
                      "const coco::adapter::Sizes&)` (docs/concepts.md#adapter)");
    else if constexpr (!adapter::ReportsChangedProjections<T>)
        static_assert(adapter::ReportsChangedProjections<T>,
                      "coco: this Adapter lacks `bool changes(coco::adapter::Projection) const` "
                      "(docs/concepts.md#adapter)");
    else if constexpr (!adapter::ChangesProjections<T>)
        static_assert(
            adapter::ChangesProjections<T>,
            "coco: this Adapter lacks `void forward(Context<P>&, Index layer, Projection, CRows<P> x, Ids<P> "
            "row_key, Rows<P> y) const` (docs/concepts.md#adapter)");
    else
        static_assert(adapter::PassesGradients<T>,
                      "coco: this Adapter lacks `void backward(Context<P>&, Index layer, Projection, "
                      "CRows<P> x, Ids<P> "
                      "row_key, CRows<P> dy, Rows<P> dx) const` (docs/concepts.md#adapter)");
    return true;
}

}  // namespace coco
