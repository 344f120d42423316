// SPDX-License-Identifier: Apache-2.0
/// \file
/// Requirements of a backbone, one named concept per requirement, so that an error message names the
/// missing one.
#pragma once

#include <concepts>

#include <coco/core/role.hpp>
#include <coco/core/settings.hpp>
#include <coco/exec/archetype.hpp>
#include <coco/nn/attention.hpp>
#include <coco/nn/layer.hpp>
#include <coco/nn/sequence.hpp>
#include <coco/sampling/stage.hpp>

namespace coco {

namespace backbone {

/// `struct Config` with `width()`, the columns of h, and `window`, the longest history in items.
template <class B>
concept HasConfig = std::default_initializable<typename B::Config> &&
    requires(const typename B::Config& config) {
    { config.width() } -> std::convertible_to<Index>;
    { config.window } -> std::convertible_to<Index>;
};

/// `static constexpr nn::AttentionMask attention_mask`: whether an output depends only on its own item and
/// earlier ones.
template <class B>
concept DeclaresAttentionMask = requires {
    { B::attention_mask } -> std::convertible_to<nn::AttentionMask>;
};

/// Whether an output depends on items after its own. Optional `sees_later_items()`, where the constant does
/// not know: that of a backbone that is one of several.
template <class B>
bool sees_later_items(const B& b) {
    if constexpr (requires {
                      { b.sees_later_items() } -> std::convertible_to<bool>;
                  })
        return b.sees_later_items();
    else
        return B::attention_mask != nn::AttentionMask::causal;
}

/// Optional `masks_items()`: whether it has a vector of its own for rows without an item (`no_id`), so that a
/// history to be continued ends with such a row, the one that predicts.
template <class B>
bool masks_items(const B& b) {
    if constexpr (requires {
                      { b.masks_items() } -> std::convertible_to<bool>;
                  })
        return b.masks_items();
    else
        return false;
}

/// Constructor `B(ParameterLayout&, const B::Config&)`.
template <class B>
concept ConstructibleFromLayout = std::constructible_from<B, ParameterLayout&, const typename B::Config&>;

/// `template <class P> struct Saved` with `h`, rows x width.
template <class B>
concept HasSaved = requires(const typename B::template Saved<Archetype>& saved) {
    { saved.h } -> std::convertible_to<CRows<Archetype>>;
};

/// `forward(ctx, sequence, x)` returns `Saved<P>`.
template <class B>
concept HasForward = requires(const B& b, Context<Archetype>& ctx, const Sequence<Archetype>& sequence,
                              CRows<Archetype> x) {
    { b.forward(ctx, sequence, x) } -> std::same_as<typename B::template Saved<Archetype>>;
};

/// `backward(ctx, sequence, saved, dh, dx)`: parameters' gradients +=, dx = unless empty.
template <class B>
concept HasBackward = requires(const B& b, Context<Archetype>& ctx, const Sequence<Archetype>& sequence,
                               const typename B::template Saved<Archetype>& saved, CRows<Archetype> dh,
                               Rows<Archetype> dx) {
    { b.backward(ctx, sequence, saved, dh, dx) } -> std::same_as<void>;
};

/// Not required: a backbone that knows something of each item has `check_items(items)`, which a model calls
/// with the number of its items; it throws `Error` where that is another one.
template <class B>
concept ChecksItems = requires(const B& b, Index items) {
    { b.check_items(items) } -> std::same_as<void>;
};

/// Optional: `trains(stage)`, whether a stage of training is the backbone's own, and `stage_step(ctx, stage,
/// sequence, targets, x, vectors, loss, dx, dvectors)`, a step of it: *loss +=, parameters' gradients +=, dx
/// =, dvectors +=. What the sequence and its targets hold is between the backbone and its samplers.
template <class B>
concept HasOwnStages = requires(const B& b, Context<Archetype>& ctx, TrainingStage stage,
                                const Sequence<Archetype>& sequence, const Targets<Archetype>& targets,
                                CRows<Archetype> x, Archetype::Scalar* loss, Rows<Archetype> dx) {
    { b.trains(stage) } -> std::same_as<bool>;
    { b.stage_step(ctx, stage, sequence, targets, x, x, loss, dx, dx) } -> std::same_as<void>;
};

}  // namespace backbone

/// Turns packed histories into one vector per row. Its products with item vectors are the scores.
template <class B>
concept Backbone = Plays<B, role::Backbone> && backbone::HasConfig<B> && backbone::DeclaresAttentionMask<B> &&
    backbone::ConstructibleFromLayout<B> && backbone::HasSaved<B> && backbone::HasForward<B> &&
    backbone::HasBackward<B>;

/// True for a backbone. For any other type it does not compile, and the first line of the error message names
/// the first requirement below that is not met.
template <class B>
constexpr bool explain_backbone() {
    if constexpr (!Plays<B, role::Backbone>)
        static_assert(Plays<B, role::Backbone>,
                      "coco: not a Backbone: it lacks `using Role = coco::role::Backbone;` "
                      "(CONTRIBUTING.md, Add a backbone, 1)");
    else if constexpr (!backbone::HasConfig<B>)
        static_assert(backbone::HasConfig<B>,
                      "coco: this Backbone lacks `struct Config` with defaults, `width()` and `window` "
                      "(CONTRIBUTING.md, Add a backbone, 2)");
    else if constexpr (!backbone::DeclaresAttentionMask<B>)
        static_assert(backbone::DeclaresAttentionMask<B>,
                      "coco: this Backbone lacks `static constexpr coco::nn::AttentionMask attention_mask` "
                      "(CONTRIBUTING.md, Add a backbone, 1)");
    else if constexpr (!backbone::ConstructibleFromLayout<B>)
        static_assert(
            backbone::ConstructibleFromLayout<B>,
            "coco: this Backbone lacks a constructor from `(coco::ParameterLayout&, const Config&)` "
            "(CONTRIBUTING.md, Add a backbone, 2)");
    else if constexpr (!backbone::HasSaved<B>)
        static_assert(backbone::HasSaved<B>,
                      "coco: this Backbone lacks `template <class P> struct Saved` with rows `h` "
                      "(CONTRIBUTING.md, Add a backbone, 3)");
    else if constexpr (!backbone::HasForward<B>)
        static_assert(
            backbone::HasForward<B>,
            "coco: this Backbone lacks `Saved<P> forward(Context<P>&, const Sequence<P>&, CRows<P> x) const` "
            "(CONTRIBUTING.md, Add a backbone, 4)");
    else
        static_assert(
            backbone::HasBackward<B>,
            "coco: this Backbone lacks `void backward(Context<P>&, const Sequence<P>&, const Saved<P>&, "
            "CRows<P> dh, Rows<P> dx) const` (CONTRIBUTING.md, Add a backbone, 4)");
    return true;
}

}  // namespace coco
