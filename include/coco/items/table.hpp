// SPDX-License-Identifier: Apache-2.0
/// \file
/// A learned vector for each item: what the backbone eats and what is ranked.
#pragma once

#include <coco/core/role.hpp>
#include <coco/items/concept.hpp>
#include <coco/nn/layer.hpp>

namespace coco::items {

/// items x width, in the table block.
class Table {
public:
    using Role = role::Items;

    struct Config {
        double init = 0.02;  ///< standard deviation at the start
    };

    template <class P>
    struct Saved {
        CRows<P> vectors;  ///< items x width
        Rows<P> gradient;  ///< where users of `vectors` add theirs; empty where not wanted
    };

    Table(ParameterLayout& layout, const Config& config, Index items, Index width)
        : vectors_(layout.claim("item", items, width, Init::normal(config.init), Decay::no,
                                ParameterBlock::table)) {}

    const TensorRef& vectors() const { return vectors_; }

    template <class P>
    Saved<P> forward(Context<P>& ctx) const {
        return {ctx.value(vectors_), ctx.gradient(vectors_)};
    }
    /// Nothing is left to do: gradients were added where they belong.
    template <class P>
    void backward(Context<P>&, const Saved<P>&) const {}

private:
    TensorRef vectors_;
};

}  // namespace coco::items

static_assert(coco::Items<coco::items::Table>);
