// SPDX-License-Identifier: Apache-2.0
/// \file
/// How a language model's given weights lie in memory, and the two products made with them.
#pragma once

#include <concepts>
#include <functional>
#include <span>
#include <string_view>

#include <coco/exec/archetype.hpp>
#include <coco/nn/gated_feed_forward.hpp>

namespace coco::llm {

namespace storage {

/// Plain scalars of the policy.
struct Float : nn::PlainWeights {
    /// Claims a given matrix, rows (out) x cols (in), that `fill` writes row-major.
    static Slot claim(Layout& layout, std::string_view name, Index rows, Index cols,
                      std::function<void(std::span<float>)> fill) {
        return layout.given(name, rows, cols, std::move(fill));
    }
};

}  // namespace storage

/// A storage claims matrices and multiplies rows with them, forward and back.
template <class S>
concept Storage = requires(Run<Archetype>& run, CRows<Archetype> x, const Slot& weight, Rows<Archetype> y,
                           Layout& layout, std::function<void(std::span<float>)> fill) {
    { S::claim(layout, std::string_view{}, Index{}, Index{}, fill) } -> std::same_as<Slot>;
    S::apply(run, x, weight, y, Write::add);
    S::apply_back(run, x, weight, y);
};

}  // namespace coco::llm
