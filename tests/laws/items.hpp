// SPDX-License-Identifier: Apache-2.0
/// \file
/// The law of item vectors: gradients added to `kept.gradient` reach every tensor they are made of.
#pragma once

#include <catch2/catch.hpp>

#include <coco/items/concept.hpp>
#include <coco/nn/elementwise.hpp>

#include "laws/stage.hpp"

namespace coco::laws {

/// Item vectors as the law of stages wants them: every item a row, no inputs.
template <class T>
struct ItemsStage {
    static constexpr bool mixes = true;

    template <class P>
    struct Kept {
        typename T::template Kept<P> inner;
        CRows<P> out;
    };

    const Layout& layout;
    T items;

    ItemsStage(Layout& claimed, const typename T::Config& config, Index count, Index width)
        : layout(claimed), items(claimed, config, count, width) {}
    static std::vector<Shape> inputs(Index) { return {}; }
    template <class P>
    Kept<P> forward(Run<P>& run, const Sequence<P>&, const In<P>&) const {
        const auto kept = items.forward(run);
        return {kept, kept.vectors};
    }
    /// Users of the vectors add their gradients, then backward carries them on. A stage is called with the
    /// run that forward had, so asking for inputs alone makes a forward of its own.
    template <class P>
    void backward(Run<P>& run, const Sequence<P>&, const Kept<P>& kept, CRows<P> dy, const Out<P>&) const {
        const bool wanted = run.gradients[0] || run.gradients[1];
        auto inner = wanted ? kept.inner : items.forward(run);
        CHECK(inner.gradient.empty() == !wanted);
        if (!wanted) return items.backward(run, inner);
        CHECK(inner.gradient.rows == dy.rows);
        CHECK(inner.gradient.cols == dy.cols);
        const Numbers before = fetched<P>(run.on, CRows<P>(inner.gradient));
        nn::copy<P>(run.on, dy, inner.gradient, Write::add);
        items.backward(run, inner);
        if (among_parameters(run, inner.gradient)) return;
        // A buffer starts as zeros, and is handed back so that a second pass adds the same again.
        CHECK(length(before) == 0);
        nn::fill<P>(run.on, inner.gradient, 0);
    }

private:
    template <class P>
    bool among_parameters(const Run<P>& run, Rows<P> gradient) const {
        for (const Home home : {Home::dense, Home::table}) {
            const auto* const first = run.gradients[static_cast<int>(home)];
            if (first && gradient.data >= first && gradient.data < first + layout.size(home)) return true;
        }
        return false;
    }
};
;

/// The whole law.
template <class T>
void items(const typename T::Config& config, Index count = 9, Index width = 5) {
    static_assert(explain_items<T>());
    stage<ItemsStage<T>>([&](Layout& layout) { return ItemsStage<T>(layout, config, count, width); });
}

}  // namespace coco::laws
