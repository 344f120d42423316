// SPDX-License-Identifier: Apache-2.0
/// \file
/// What a codebook of prompts must offer, one named requirement each, so that a message can say what is
/// missing.
#pragma once

#include <concepts>

#include <coco/core/role.hpp>
#include <coco/exec/archetype.hpp>
#include <coco/nn/stage.hpp>

namespace coco {

namespace prompt {

/// Made as `T(Layout&, const T::Config&, Index width, Index model_width)`.
template <class T>
concept ClaimsItsTensors = std::default_initializable<typename T::Config> &&
    std::constructible_from<T, Layout&, const typename T::Config&, Index, Index>;

/// `template <class P> struct Kept` with `out`, prompts x model width, and `of_group`, a stretch a group.
template <class T>
concept KeepsPrompts = requires(const typename T::template Kept<Archetype>& kept) {
    { kept.out } -> std::convertible_to<Rows<Archetype>>;
    { kept.of_group } -> std::convertible_to<Segments<Archetype>>;
};

/// `static constexpr bool chooses`: whether prompts depend on the user. If so `Kept` has `choice`, the codes
/// of each group, and `config().most` is their largest number.
template <class T>
concept SaysWhetherItChooses = std::convertible_to<decltype(T::chooses), bool> &&
    (!T::chooses || requires(const T& t, const typename T::template Kept<Archetype>& kept) {
        { kept.choice } -> std::convertible_to<Choice<Archetype>>;
        { t.config().most } -> std::convertible_to<Index>;
    });

/// `forward(run, e)` returns `Kept<P>`; e is groups x width.
template <class T>
concept GoesForward = requires(const T& t, Run<Archetype>& run, CRows<Archetype> e) {
    { t.forward(run, e) } -> std::same_as<typename T::template Kept<Archetype>>;
};

/// `backward(run, kept, dprompts)`: parameters' gradients +=.
template <class T>
concept GoesBackward = requires(const T& t, Run<Archetype>& run,
                                const typename T::template Kept<Archetype>& kept, CRows<Archetype> dprompts) {
    { t.backward(run, kept, dprompts) } -> std::same_as<void>;
};

/// `penalty(run, kept, gamma, beta, losses)`: losses[0] += gamma L_Q, losses[1] += beta L_ortho, and their
/// gradients.
template <class T>
concept Penalises = requires(const T& t, Run<Archetype>& run,
                             const typename T::template Kept<Archetype>& kept, double weight,
                             Archetype::Scalar* losses) {
    { t.penalty(run, kept, weight, weight, losses) } -> std::same_as<void>;
};

}  // namespace prompt

/// Chooses a user's soft prompts, in the language model's space.
template <class T>
concept PromptCodebook = Plays<T, role::PromptCodebook> && prompt::ClaimsItsTensors<T> &&
    prompt::KeepsPrompts<T> && prompt::SaysWhetherItChooses<T> && prompt::GoesForward<T> &&
    prompt::GoesBackward<T> && prompt::Penalises<T>;

/// True for a codebook of prompts; for anything else it does not compile, and the first line of the message
/// is the first sentence here that is not met.
template <class T>
constexpr bool explain_prompt_codebook() {
    if constexpr (!Plays<T, role::PromptCodebook>)
        static_assert(Plays<T, role::PromptCodebook>,
                      "coco: not a PromptCodebook: it lacks `using Role = coco::role::PromptCodebook;` "
                      "(docs/concepts.md#promptcodebook)");
    else if constexpr (!prompt::ClaimsItsTensors<T>)
        static_assert(prompt::ClaimsItsTensors<T>,
                      "coco: this PromptCodebook lacks `struct Config` with defaults and a constructor from "
                      "`(coco::Layout&, const Config&, Index width, Index model_width)` "
                      "(docs/concepts.md#promptcodebook)");
    else if constexpr (!prompt::KeepsPrompts<T>)
        static_assert(
            prompt::KeepsPrompts<T>,
            "coco: this PromptCodebook lacks `template <class P> struct Kept` with rows `out` and segments "
            "`of_group` (docs/concepts.md#promptcodebook)");
    else if constexpr (!prompt::SaysWhetherItChooses<T>)
        static_assert(
            prompt::SaysWhetherItChooses<T>,
            "coco: this PromptCodebook lacks `static constexpr bool chooses`, or, where it does choose, "
            "`Kept::choice` and `config().most` (docs/concepts.md#promptcodebook)");
    else if constexpr (!prompt::GoesForward<T>)
        static_assert(prompt::GoesForward<T>,
                      "coco: this PromptCodebook lacks `Kept<P> forward(Run<P>&, CRows<P> e) const` "
                      "(docs/concepts.md#promptcodebook)");
    else if constexpr (!prompt::GoesBackward<T>)
        static_assert(
            prompt::GoesBackward<T>,
            "coco: this PromptCodebook lacks `void backward(Run<P>&, const Kept<P>&, CRows<P> dprompts) "
            "const` (docs/concepts.md#promptcodebook)");
    else
        static_assert(
            prompt::Penalises<T>,
            "coco: this PromptCodebook lacks `void penalty(Run<P>&, const Kept<P>&, double gamma, double "
            "beta, P::Scalar* losses) const` (docs/concepts.md#promptcodebook)");
    return true;
}

}  // namespace coco
