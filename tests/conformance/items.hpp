// SPDX-License-Identifier: Apache-2.0
/// \file
/// The conformance test of item vectors: gradients added to `saved.gradient` reach every tensor the vectors
/// are made of.
#pragma once

#include <coco/items/concept.hpp>
#include <coco/nn/elementwise.hpp>

#include "catch.hpp"
#include "layer.hpp"

namespace coco::conformance {

/// Adapts item vectors to the conformance test of a layer: one row per item, no inputs.
template <class T>
struct ItemsLayer {
    static constexpr bool mixes = true;

    template <class P>
    struct Saved {
        typename T::template Saved<P> inner;
        CRows<P> out;
    };

    const ParameterLayout& layout;
    T items;

    ItemsLayer(ParameterLayout& claimed, const typename T::Config& config, Index count, Index width)
        : layout(claimed), items(claimed, config, count, width) {}
    static std::vector<Shape> inputs(Index) { return {}; }
    template <class P>
    Saved<P> forward(Context<P>& ctx, const Sequence<P>&, const In<P>&) const {
        const auto saved = items.forward(ctx);
        return {saved, saved.vectors};
    }
    /// Adds dy to `gradient`, as the users of the vectors do, then calls backward. Without gradients of
    /// parameters (`inputs_only`) forward is called again with that context, to check that it then gives no
    /// `gradient`.
    template <class P>
    void backward(Context<P>& ctx, const Sequence<P>&, const Saved<P>& saved, CRows<P> dy,
                  const Out<P>&) const {
        const bool wanted = ctx.gradients[0] || ctx.gradients[1];
        auto inner = wanted ? saved.inner : items.forward(ctx);
        CHECK(inner.gradient.empty() == !wanted);
        if (!wanted) return items.backward(ctx, inner);
        CHECK(inner.gradient.rows == dy.rows);
        CHECK(inner.gradient.cols == dy.cols);
        const Numbers before = downloaded<P>(ctx.on, CRows<P>(inner.gradient));
        nn::copy<P>(ctx.on, dy, inner.gradient, Write::add);
        items.backward(ctx, inner);
        if (among_parameters(ctx, inner.gradient)) return;
        // A separate buffer starts as zeros. It is zeroed again, so that a second pass adds the same
        // gradients.
        CHECK(length(before) == 0);
        nn::fill<P>(ctx.on, inner.gradient, 0);
    }

private:
    template <class P>
    bool among_parameters(const Context<P>& ctx, Rows<P> gradient) const {
        for (const ParameterBlock block : {ParameterBlock::dense, ParameterBlock::table}) {
            const auto* const first = ctx.gradients[static_cast<int>(block)];
            if (first && gradient.data >= first && gradient.data < first + layout.size(block)) return true;
        }
        return false;
    }
};
;

/// The whole conformance test.
template <class T>
void items(const typename T::Config& config, Index count = 9, Index width = 5) {
    static_assert(explain_items<T>());
    layer<ItemsLayer<T>>(
        [&](ParameterLayout& layout) { return ItemsLayer<T>(layout, config, count, width); });
}

}  // namespace coco::conformance
