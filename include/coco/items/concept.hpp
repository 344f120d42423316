// SPDX-License-Identifier: Apache-2.0
/// \file
/// Requirements of item vectors, one named concept per requirement, so that an error message names the
/// missing one.
#pragma once

#include <concepts>

#include <coco/core/role.hpp>
#include <coco/exec/archetype.hpp>
#include <coco/nn/layer.hpp>

namespace coco {

namespace items {

/// Constructor `T(ParameterLayout&, const T::Config&, Index items, Index width)`; `Config` has
/// defaults.
template <class T>
concept ConstructibleFromLayout = std::default_initializable<typename T::Config> &&
    std::constructible_from<T, ParameterLayout&, const typename T::Config&, Index, Index>;

/// `template <class P> struct Saved` with `vectors`, items x width, and `gradient`, to which the users of the
/// vectors add their gradients.
template <class T>
concept HasSavedVectors = requires(const typename T::template Saved<Archetype>& saved) {
    { saved.vectors } -> std::convertible_to<CRows<Archetype>>;
    { saved.gradient } -> std::convertible_to<Rows<Archetype>>;
};

/// `forward(ctx)` returns `Saved<P>`.
template <class T>
concept HasForward = requires(const T& t, Context<Archetype>& ctx) {
    { t.forward(ctx) } -> std::same_as<typename T::template Saved<Archetype>>;
};

/// `backward(ctx, saved)`: adds to the parameters' gradients from `saved.gradient`.
template <class T>
concept HasBackward = requires(const T& t, Context<Archetype>& ctx,
                               const typename T::template Saved<Archetype>& saved) {
    { t.backward(ctx, saved) } -> std::same_as<void>;
};

/// `Saved::kappa`, frozen columns beside the vectors, items x columns(), for rankings that use them.
template <class T>
concept HasSemanticColumns = requires(const T& t, const typename T::template Saved<Archetype>& saved) {
    { saved.kappa } -> std::convertible_to<CRows<Archetype>>;
    { t.columns() } -> std::convertible_to<Index>;
};

/// What an item of a history says of the next one, in the semantic columns: `Saved::read`, where the items
/// have it, else kappa.
template <class Saved>
auto read_columns(const Saved& saved) {
    if constexpr (requires { saved.read; }) {
        if (!saved.read.empty()) return saved.read;
    }
    return saved.kappa;
}

/// Columns that a stage of their own trains: `add_columns(ctx, saved)` makes `Saved::kappa` and `read`, to
/// whose gradients their users add, and `columns_backward(ctx, saved)` takes them further.
template <class T>
concept HasLearnedColumns = HasSemanticColumns<T> &&
    requires(const T& t, Context<Archetype>& ctx, typename T::template Saved<Archetype>& saved) {
    { saved.read } -> std::convertible_to<CRows<Archetype>>;
    { saved.kappa_gradient } -> std::convertible_to<Rows<Archetype>>;
    { saved.read_gradient } -> std::convertible_to<Rows<Archetype>>;
    { t.add_columns(ctx, saved) } -> std::same_as<void>;
    { t.columns_backward(ctx, saved) } -> std::same_as<void>;
    t.temperature();
};

/// Optional beside them: `Saved::popularity`, items x 1 or empty, by which a ranking weighs kappa.
template <class T>
concept HasPopularity = requires(const T& t, const typename T::template Saved<Archetype>& saved) {
    { saved.popularity } -> std::convertible_to<CRows<Archetype>>;
    { t.has_popularity() } -> std::convertible_to<bool>;
};

/// Optional `static constexpr bool by_row`: whether an item's parameters get gradients from that item's
/// vector alone.
template <class T>
inline constexpr bool by_row = false;
template <class T>
requires requires { T::by_row; }
inline constexpr bool by_row<T> = T::by_row;

/// Semantic columns of the items; 0 where they have none.
template <class I>
Index semantic_columns(const I& items) {
    if constexpr (HasSemanticColumns<I>)
        return items.columns();
    else
        return 0;
}

/// Whether items were given their popularity.
template <class T>
bool have_popularity(const T& items) {
    if constexpr (HasPopularity<T>)
        return items.has_popularity();
    else
        return false;
}

}  // namespace items

/// One vector per item. They are the input of a backbone, and the vectors by which items are ranked.
template <class T>
concept Items = Plays<T, role::Items> && items::ConstructibleFromLayout<T> && items::HasSavedVectors<T> &&
    items::HasForward<T> && items::HasBackward<T>;

/// True for item vectors. For any other type it does not compile, and the first line of the error message
/// names the first requirement below that is not met.
template <class T>
constexpr bool explain_items() {
    if constexpr (!Plays<T, role::Items>)
        static_assert(Plays<T, role::Items>,
                      "coco: these are no Items: they lack `using Role = coco::role::Items;` "
                      "(include/coco/items/table.hpp is the shortest example)");
    else if constexpr (!items::ConstructibleFromLayout<T>)
        static_assert(items::ConstructibleFromLayout<T>,
                      "coco: these Items lack `struct Config` with defaults and a constructor from "
                      "`(coco::ParameterLayout&, const Config&, Index items, Index width)` "
                      "(include/coco/items/table.hpp is the shortest example)");
    else if constexpr (!items::HasSavedVectors<T>)
        static_assert(
            items::HasSavedVectors<T>,
            "coco: these Items lack `template <class P> struct Saved` with rows `vectors` and `gradient` "
            "(include/coco/items/table.hpp is the shortest example)");
    else if constexpr (!items::HasForward<T>)
        static_assert(items::HasForward<T>,
                      "coco: these Items lack `Saved<P> forward(Context<P>&) const` "
                      "(include/coco/items/table.hpp is the shortest example)");
    else
        static_assert(items::HasBackward<T>,
                      "coco: these Items lack `void backward(Context<P>&, const Saved<P>&) const` "
                      "(include/coco/items/table.hpp is the shortest example)");
    return true;
}

}  // namespace coco
