// SPDX-License-Identifier: Apache-2.0
/// \file
/// Requirements of a decoupler, one named concept per requirement, so that an error message names the
/// missing one.
#pragma once

#include <concepts>

#include <coco/core/role.hpp>
#include <coco/exec/archetype.hpp>
#include <coco/nn/layer.hpp>

namespace coco {

namespace decoupler {

/// Constructor `T(ParameterLayout&, const T::Config&, Index width, Index model_width)`; `Config` has
/// defaults.
template <class T>
concept ConstructibleFromLayout = std::default_initializable<typename T::Config> &&
    std::constructible_from<T, ParameterLayout&, const typename T::Config&, Index, Index>;

/// `template <class P> struct Saved` with `out`, rows of pure knowledge, and `of_group`, one segment per
/// group.
template <class T>
concept HasSavedKnowledge = requires(const typename T::template Saved<Archetype>& saved) {
    { saved.out } -> std::convertible_to<Rows<Archetype>>;
    { saved.of_group } -> std::convertible_to<Segments<Archetype>>;
};

/// `forward(ctx, prompts, prompts_of, mix, mix_of)` returns `Saved<P>`. One that must tell the rows of
/// prompts from those of text takes a further `bool prompts_last`.
template <class T>
concept HasForward = requires(const T& t, Context<Archetype>& ctx, CRows<Archetype> rows,
                              const Segments<Archetype>& of) {
    { t.forward(ctx, rows, of, rows, of) } -> std::same_as<typename T::template Saved<Archetype>>;
};

/// `backward(ctx, saved, dy, dprompts, dmix)`: parameters' gradients +=, the others = unless empty.
template <class T>
concept HasBackward = requires(const T& t, Context<Archetype>& ctx,
                               const typename T::template Saved<Archetype>& saved, CRows<Archetype> dy,
                               Rows<Archetype> dx) {
    { t.backward(ctx, saved, dy, dx, dx) } -> std::same_as<void>;
};

}  // namespace decoupler

/// Extracts knowledge about a user from the language model's hidden rows.
template <class T>
concept Decoupler = Plays<T, role::Decoupler> && decoupler::ConstructibleFromLayout<T> &&
    decoupler::HasSavedKnowledge<T> && decoupler::HasForward<T> && decoupler::HasBackward<T>;

namespace decoupler {

/// Calls `forward`, with `prompts_last` where the decoupler takes it.
template <class P, class T>
auto forward(Context<P>& ctx, const T& stage, CRows<P> prompts, const Segments<P>& prompts_of, CRows<P> mix,
             const Segments<P>& mix_of, bool prompts_last) {
    if constexpr (requires { stage.forward(ctx, prompts, prompts_of, mix, mix_of, prompts_last); })
        return stage.forward(ctx, prompts, prompts_of, mix, mix_of, prompts_last);
    else
        return stage.forward(ctx, prompts, prompts_of, mix, mix_of);
}

}  // namespace decoupler

/// True for a decoupler. For any other type it does not compile, and the first line of the error message
/// names the first requirement below that is not met.
template <class T>
constexpr bool explain_decoupler() {
    if constexpr (!Plays<T, role::Decoupler>)
        static_assert(Plays<T, role::Decoupler>,
                      "coco: not a Decoupler: it lacks `using Role = coco::role::Decoupler;` "
                      "(docs/concepts.md#decoupler)");
    else if constexpr (!decoupler::ConstructibleFromLayout<T>)
        static_assert(decoupler::ConstructibleFromLayout<T>,
                      "coco: this Decoupler lacks `struct Config` with defaults and a constructor from "
                      "`(coco::ParameterLayout&, const Config&, Index width, Index model_width)` "
                      "(docs/concepts.md#decoupler)");
    else if constexpr (!decoupler::HasSavedKnowledge<T>)
        static_assert(
            decoupler::HasSavedKnowledge<T>,
            "coco: this Decoupler lacks `template <class P> struct Saved` with rows `out` and segments "
            "`of_group` (docs/concepts.md#decoupler)");
    else if constexpr (!decoupler::HasForward<T>)
        static_assert(
            decoupler::HasForward<T>,
            "coco: this Decoupler lacks `Saved<P> forward(Context<P>&, CRows<P> prompts, const Segments<P>&, "
            "CRows<P> mix, const Segments<P>&) const` (docs/concepts.md#decoupler)");
    else
        static_assert(
            decoupler::HasBackward<T>,
            "coco: this Decoupler lacks `void backward(Context<P>&, const Saved<P>&, CRows<P> dy, Rows<P> "
            "dprompts, Rows<P> dmix) const` (docs/concepts.md#decoupler)");
    return true;
}

}  // namespace coco
