// SPDX-License-Identifier: Apache-2.0
/// \file
/// What an aligner must offer, one named requirement each, so that a message can say what is missing.
#pragma once

#include <concepts>

#include <coco/core/role.hpp>
#include <coco/exec/archetype.hpp>
#include <coco/nn/stage.hpp>

namespace coco {

namespace aligner {

/// Made as `T(Layout&, const T::Config&, Index width)`.
template <class T>
concept ClaimsItsTensors = std::default_initializable<typename T::Config> &&
    std::constructible_from<T, Layout&, const typename T::Config&, Index>;

/// `template <class P> struct Kept` with `out`, a row for each row of h.
template <class T>
concept KeepsAligned = requires(const typename T::template Kept<Archetype>& kept) {
    { kept.out } -> std::convertible_to<CRows<Archetype>>;
};

/// `forward(run, h, h_of, pure, pure_of)` returns `Kept<P>`.
template <class T>
concept GoesForward = requires(const T& t, Run<Archetype>& run, CRows<Archetype> rows,
                               const Segments<Archetype>& of) {
    { t.forward(run, rows, of, rows, of) } -> std::same_as<typename T::template Kept<Archetype>>;
};

/// `backward(run, kept, dy, dh, dpure)`: parameters' gradients +=, the others = unless empty.
template <class T>
concept GoesBackward = requires(const T& t, Run<Archetype>& run,
                                const typename T::template Kept<Archetype>& kept, CRows<Archetype> dy,
                                Rows<Archetype> dx) {
    { t.backward(run, kept, dy, dx, dx) } -> std::same_as<void>;
};

}  // namespace aligner

/// Brings behaviour and knowledge together, a row at a time; without knowledge a row stays as it is.
template <class T>
concept Aligner = Plays<T, role::Aligner> && aligner::ClaimsItsTensors<T> && aligner::KeepsAligned<T> &&
    aligner::GoesForward<T> && aligner::GoesBackward<T>;

/// True for an aligner; for anything else it does not compile, and the first line of the message is the first
/// sentence here that is not met.
template <class T>
constexpr bool explain_aligner() {
    if constexpr (!Plays<T, role::Aligner>)
        static_assert(
            Plays<T, role::Aligner>,
            "coco: not an Aligner: it lacks `using Role = coco::role::Aligner;` (docs/concepts.md#aligner)");
    else if constexpr (!aligner::ClaimsItsTensors<T>)
        static_assert(aligner::ClaimsItsTensors<T>,
                      "coco: this Aligner lacks `struct Config` with defaults and a constructor from "
                      "`(coco::Layout&, const Config&, Index width)` (docs/concepts.md#aligner)");
    else if constexpr (!aligner::KeepsAligned<T>)
        static_assert(aligner::KeepsAligned<T>,
                      "coco: this Aligner lacks `template <class P> struct Kept` with rows `out` "
                      "(docs/concepts.md#aligner)");
    else if constexpr (!aligner::GoesForward<T>)
        static_assert(
            aligner::GoesForward<T>,
            "coco: this Aligner lacks `Kept<P> forward(Run<P>&, CRows<P> h, const Segments<P>&, CRows<P> "
            "pure, const Segments<P>&) const` (docs/concepts.md#aligner)");
    else
        static_assert(
            aligner::GoesBackward<T>,
            "coco: this Aligner lacks `void backward(Run<P>&, const Kept<P>&, CRows<P> dy, Rows<P> dh, "
            "Rows<P> dpure) const` (docs/concepts.md#aligner)");
    return true;
}

}  // namespace coco
