// SPDX-License-Identifier: Apache-2.0
/// \file
/// Requirements of an aligner, one named concept per requirement, so that an error message names the missing
/// one.
#pragma once

#include <concepts>

#include <coco/core/role.hpp>
#include <coco/exec/archetype.hpp>
#include <coco/nn/layer.hpp>

namespace coco {

namespace aligner {

/// Constructor `T(ParameterLayout&, const T::Config&, Index width, Index columns)`, `columns` the semantic
/// columns of the items, 0 if they have none; `Config` has defaults.
template <class T>
concept ConstructibleFromLayout = std::default_initializable<typename T::Config> &&
    std::constructible_from<T, ParameterLayout&, const typename T::Config&, Index, Index>;

/// `template <class P> struct Saved` with `out`, one row per row of h: `width` columns that take the place of
/// h, or, where there are semantic columns, as many that are added to the user's.
template <class T>
concept HasSavedAligned = requires(const typename T::template Saved<Archetype>& saved) {
    { saved.out } -> std::convertible_to<CRows<Archetype>>;
};

/// `forward(ctx, h, h_of, pure, pure_of)` returns `Saved<P>`.
template <class T>
concept HasForward = requires(const T& t, Context<Archetype>& ctx, CRows<Archetype> rows,
                              const Segments<Archetype>& of) {
    { t.forward(ctx, rows, of, rows, of) } -> std::same_as<typename T::template Saved<Archetype>>;
};

/// `backward(ctx, saved, dy, dh, dpure)`: parameters' gradients +=, the others = unless empty.
template <class T>
concept HasBackward = requires(const T& t, Context<Archetype>& ctx,
                               const typename T::template Saved<Archetype>& saved, CRows<Archetype> dy,
                               Rows<Archetype> dx) {
    { t.backward(ctx, saved, dy, dx, dx) } -> std::same_as<void>;
};

}  // namespace aligner

/// Combines behaviour and knowledge row by row; a row without knowledge is unchanged.
template <class T>
concept Aligner = Plays<T, role::Aligner> && aligner::ConstructibleFromLayout<T> &&
    aligner::HasSavedAligned<T> && aligner::HasForward<T> && aligner::HasBackward<T>;

/// True for an aligner. For any other type it does not compile, and the first line of the error message names
/// the first requirement below that is not met.
template <class T>
constexpr bool explain_aligner() {
    if constexpr (!Plays<T, role::Aligner>)
        static_assert(
            Plays<T, role::Aligner>,
            "coco: not an Aligner: it lacks `using Role = coco::role::Aligner;` (docs/concepts.md#aligner)");
    else if constexpr (!aligner::ConstructibleFromLayout<T>)
        static_assert(aligner::ConstructibleFromLayout<T>,
                      "coco: this Aligner lacks `struct Config` with defaults and a constructor from "
                      "`(coco::ParameterLayout&, const Config&, Index width, Index columns)` "
                      "(docs/concepts.md#aligner)");
    else if constexpr (!aligner::HasSavedAligned<T>)
        static_assert(aligner::HasSavedAligned<T>,
                      "coco: this Aligner lacks `template <class P> struct Saved` with rows `out` "
                      "(docs/concepts.md#aligner)");
    else if constexpr (!aligner::HasForward<T>)
        static_assert(aligner::HasForward<T>,
                      "coco: this Aligner lacks `Saved<P> forward(Context<P>&, CRows<P> h, const "
                      "Segments<P>&, CRows<P> "
                      "pure, const Segments<P>&) const` (docs/concepts.md#aligner)");
    else
        static_assert(
            aligner::HasBackward<T>,
            "coco: this Aligner lacks `void backward(Context<P>&, const Saved<P>&, CRows<P> dy, Rows<P> dh, "
            "Rows<P> dpure) const` (docs/concepts.md#aligner)");
    return true;
}

}  // namespace coco
