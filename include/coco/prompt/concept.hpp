// SPDX-License-Identifier: Apache-2.0
/// \file
/// Requirements of a codebook of prompts, one named concept per requirement, so that an error message names
/// the missing one.
#pragma once

#include <concepts>

#include <coco/core/role.hpp>
#include <coco/exec/archetype.hpp>
#include <coco/nn/layer.hpp>
#include <coco/prompt/select_codes.hpp>

namespace coco {

namespace prompt {

/// Constructor `T(ParameterLayout&, const T::Config&, Index width, Index model_width)`; `Config` has
/// defaults.
template <class T>
concept ConstructibleFromLayout = std::default_initializable<typename T::Config> &&
    std::constructible_from<T, ParameterLayout&, const typename T::Config&, Index, Index>;

/// `template <class P> struct Saved` with `out`, prompts x model width, and `of_group`, one segment per
/// group.
template <class T>
concept HasSavedPrompts = requires(const typename T::template Saved<Archetype>& saved) {
    { saved.out } -> std::convertible_to<Rows<Archetype>>;
    { saved.of_group } -> std::convertible_to<Segments<Archetype>>;
};

/// `static constexpr bool selects_codes`: whether prompts depend on the user. If so, `Saved` has `selection`,
/// the codes of each group, and `config().max_codes` is the maximum number of codes per group.
template <class T>
concept DeclaresCodeSelection = std::convertible_to<decltype(T::selects_codes), bool> &&
    (!T::selects_codes || requires(const T& t, const typename T::template Saved<Archetype>& saved) {
        { saved.selection } -> std::convertible_to<CodeSelection<Archetype>>;
        { t.config().max_codes } -> std::convertible_to<Index>;
    });

/// Optional `static constexpr bool behind_text`: whether prompts stand behind the text, which they then see.
/// Absent: before it.
template <class T>
inline constexpr bool behind_text = false;
template <class T>
requires requires { T::behind_text; }
inline constexpr bool behind_text<T> = T::behind_text;

/// `forward(ctx, e)` returns `Saved<P>`; e is groups x width.
template <class T>
concept HasForward = requires(const T& t, Context<Archetype>& ctx, CRows<Archetype> e) {
    { t.forward(ctx, e) } -> std::same_as<typename T::template Saved<Archetype>>;
};

/// `backward(ctx, saved, dprompts)`: parameters' gradients +=.
template <class T>
concept HasBackward = requires(const T& t, Context<Archetype>& ctx,
                               const typename T::template Saved<Archetype>& saved,
                               CRows<Archetype> dprompts) {
    { t.backward(ctx, saved, dprompts) } -> std::same_as<void>;
};

/// `penalty(ctx, saved, gamma, beta, losses)`: losses[0] += gamma L_Q, losses[1] += beta L_ortho, and their
/// gradients.
template <class T>
concept HasPenalty = requires(const T& t, Context<Archetype>& ctx,
                              const typename T::template Saved<Archetype>& saved, double weight,
                              Archetype::Scalar* losses) {
    { t.penalty(ctx, saved, weight, weight, losses) } -> std::same_as<void>;
};

}  // namespace prompt

/// Provides the soft prompts of each user, vectors of the language model's width.
template <class T>
concept PromptCodebook = Plays<T, role::PromptCodebook> && prompt::ConstructibleFromLayout<T> &&
    prompt::HasSavedPrompts<T> && prompt::DeclaresCodeSelection<T> && prompt::HasForward<T> &&
    prompt::HasBackward<T> && prompt::HasPenalty<T>;

/// True for a codebook of prompts. For any other type it does not compile, and the first line of the error
/// message names the first requirement below that is not met.
template <class T>
constexpr bool explain_prompt_codebook() {
    if constexpr (!Plays<T, role::PromptCodebook>)
        static_assert(Plays<T, role::PromptCodebook>,
                      "coco: not a PromptCodebook: it lacks `using Role = coco::role::PromptCodebook;` "
                      "(docs/concepts.md#promptcodebook)");
    else if constexpr (!prompt::ConstructibleFromLayout<T>)
        static_assert(prompt::ConstructibleFromLayout<T>,
                      "coco: this PromptCodebook lacks `struct Config` with defaults and a constructor from "
                      "`(coco::ParameterLayout&, const Config&, Index width, Index model_width)` "
                      "(docs/concepts.md#promptcodebook)");
    else if constexpr (!prompt::HasSavedPrompts<T>)
        static_assert(
            prompt::HasSavedPrompts<T>,
            "coco: this PromptCodebook lacks `template <class P> struct Saved` with rows `out` and segments "
            "`of_group` (docs/concepts.md#promptcodebook)");
    else if constexpr (!prompt::DeclaresCodeSelection<T>)
        static_assert(
            prompt::DeclaresCodeSelection<T>,
            "coco: this PromptCodebook lacks `static constexpr bool selects_codes`, or, where it "
            "does select, `Saved::selection` and `config().max_codes` (docs/concepts.md#promptcodebook)");
    else if constexpr (!prompt::HasForward<T>)
        static_assert(prompt::HasForward<T>,
                      "coco: this PromptCodebook lacks `Saved<P> forward(Context<P>&, CRows<P> e) const` "
                      "(docs/concepts.md#promptcodebook)");
    else if constexpr (!prompt::HasBackward<T>)
        static_assert(
            prompt::HasBackward<T>,
            "coco: this PromptCodebook lacks `void backward(Context<P>&, const Saved<P>&, CRows<P> dprompts) "
            "const` (docs/concepts.md#promptcodebook)");
    else
        static_assert(prompt::HasPenalty<T>,
                      "coco: this PromptCodebook lacks `void penalty(Context<P>&, const Saved<P>&, double "
                      "gamma, double beta, P::Scalar* losses) const` (docs/concepts.md#promptcodebook)");
    return true;
}

}  // namespace coco
