// SPDX-License-Identifier: Apache-2.0
/// \file
/// Requirements of a language model, one named concept per requirement, so that an error message names the
/// missing one.
#pragma once

#include <concepts>
#include <cstdint>
#include <span>

#include <coco/adapter/frozen.hpp>
#include <coco/core/role.hpp>
#include <coco/exec/archetype.hpp>
#include <coco/llm/prompted.hpp>
#include <coco/llm/source.hpp>
#include <coco/nn/layer.hpp>

namespace coco {

namespace llm {

/// Constructor `T(ParameterLayout&, const llm::Source&)`.
template <class T>
concept ConstructibleFromSource = std::constructible_from<T, ParameterLayout&, const Source&>;

/// `width()`: columns of soft prompts and of hidden rows; `adapter_sizes()`: what an adapter may change.
template <class T>
concept ReportsSizes = requires(const T& model) {
    { model.width() } -> std::convertible_to<Index>;
    { model.adapter_sizes() } -> std::convertible_to<adapter::Sizes>;
};

/// `vocabulary()`: number of tokens; `embed(ctx, token, out)`: their embeddings, which initialise soft
/// prompts.
template <class T>
concept EmbedsTokens = requires(const T& model, Context<Archetype>& ctx, Ids<Archetype> token,
                                Rows<Archetype> out) {
    { model.vocabulary() } -> std::convertible_to<Index>;
    { model.embed(ctx, token, out) } -> std::same_as<void>;
};

/// `forward(ctx, adapter, prompted)` returns `Saved<P>` with `out`, the hidden rows of each group, soft rows
/// and text in their order, and `of_group`, one segment per group.
template <class T>
concept ReadsPrompts = requires(const T& model, Context<Archetype>& ctx, const adapter::Frozen& adapter,
                                const typename T::template Input<Archetype>& in,
                                const typename T::template Saved<Archetype>& saved) {
    { model.forward(ctx, adapter, in) } -> std::same_as<typename T::template Saved<Archetype>>;
    { saved.out } -> std::convertible_to<CRows<Archetype>>;
    { saved.of_group } -> std::convertible_to<Segments<Archetype>>;
};

/// `backward(ctx, adapter, saved, dout, dsoft, open)`: gradients of soft prompts and adapter, from open
/// groups only.
template <class T>
concept PassesGradients = requires(const T& model, Context<Archetype>& ctx, const adapter::Frozen& adapter,
                                   const typename T::template Saved<Archetype>& saved, CRows<Archetype> dout,
                                   Rows<Archetype> dsoft, std::span<const std::uint8_t> open) {
    { model.backward(ctx, adapter, saved, dout, dsoft, open) } -> std::same_as<void>;
};

}  // namespace llm

/// A language model that reads soft prompts and text.
template <class T>
concept LanguageModel = Plays<T, role::LanguageModel> && llm::ConstructibleFromSource<T> &&
    llm::ReportsSizes<T> && llm::EmbedsTokens<T> && llm::ReadsPrompts<T> && llm::PassesGradients<T>;

/// True for a language model. For any other type it does not compile, and the first line of the error message
/// names the first requirement below that is not met.
template <class T>
constexpr bool explain_language_model() {
    if constexpr (!Plays<T, role::LanguageModel>)
        static_assert(Plays<T, role::LanguageModel>,
                      "coco: not a LanguageModel: it lacks `using Role = coco::role::LanguageModel;` "
                      "(docs/concepts.md#languagemodel)");
    else if constexpr (!llm::ConstructibleFromSource<T>)
        static_assert(llm::ConstructibleFromSource<T>,
                      "coco: this LanguageModel lacks a constructor from `(coco::ParameterLayout&, const "
                      "coco::llm::Source&)` "
                      "(docs/concepts.md#languagemodel)");
    else if constexpr (!llm::ReportsSizes<T>)
        static_assert(llm::ReportsSizes<T>,
                      "coco: this LanguageModel lacks `Index width()` or `adapter::Sizes "
                      "adapter_sizes()` (docs/concepts.md#languagemodel)");
    else if constexpr (!llm::EmbedsTokens<T>)
        static_assert(
            llm::EmbedsTokens<T>,
            "coco: this LanguageModel lacks `Index vocabulary()` or `void embed(Context<P>&, Ids<P> token, "
            "Rows<P> out) const` (docs/concepts.md#languagemodel)");
    else if constexpr (!llm::ReadsPrompts<T>)
        static_assert(
            llm::ReadsPrompts<T>,
            "coco: this LanguageModel lacks `Saved<P> forward(Context<P>&, const Adapter&, const Input<P>&) "
            "const` with `out` and `of_group`, where `Input<P>` is made of the fields of "
            "`llm::Prompted<P>` (docs/concepts.md#languagemodel)");
    else
        static_assert(llm::PassesGradients<T>,
                      "coco: this LanguageModel lacks `void backward(Context<P>&, const Adapter&, const "
                      "Saved<P>&, CRows<P> "
                      "dout, Rows<P> dsoft, std::span<const std::uint8_t> open) const` "
                      "(docs/concepts.md#languagemodel)");
    return true;
}

}  // namespace coco
