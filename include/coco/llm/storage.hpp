// SPDX-License-Identifier: Apache-2.0
/// \file
/// How a language model's given weights lie in memory, and the two products made with them.
#pragma once

#include <algorithm>
#include <concepts>
#include <functional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include <coco/exec/archetype.hpp>
#include <coco/nn/stage.hpp>

namespace coco::llm {

namespace storage {

/// Plain scalars of the policy, in x out: the forward product then reads both factors as they lie, which
/// takes an eighth less time than reading the weight across (oneDNN, 1024 x 576 x 3072); the
/// backward one pays it back, but knowledge is made forward only.
struct Float {
    /// Claims a given matrix that `fill` writes row-major, rows (out) x cols (in).
    static Slot claim(Layout& layout, std::string_view name, Index rows, Index cols,
                      std::function<void(std::span<float>)> fill) {
        return layout.given(name, cols, rows, [rows, cols, fill = std::move(fill)](std::span<float> out) {
            std::vector<float> plain(out.size());
            fill(plain);
            constexpr Index block = 32;
            for (Index top = 0; top < rows; top += block)
                for (Index left = 0; left < cols; left += block)
                    for (Index i = top; i < std::min(rows, top + block); ++i)
                        for (Index j = left; j < std::min(cols, left + block); ++j)
                            out[static_cast<std::size_t>(j * rows + i)] =
                                plain[static_cast<std::size_t>(i * cols + j)];
        });
    }
    /// y (= or +=) x W'.
    template <class P>
    static void apply(Run<P>& run, CRows<P> x, const Slot& weight, Rows<P> y, Write write = Write::set) {
        run.on.multiply(x, Op::plain, run.value(weight), Op::plain, y, 1, write == Write::add ? 1 : 0);
    }
    /// dx = dy W.
    template <class P>
    static void apply_back(Run<P>& run, CRows<P> dy, const Slot& weight, Rows<P> dx) {
        run.on.multiply(dy, Op::plain, run.value(weight), Op::transposed, dx);
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
