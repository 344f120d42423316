// SPDX-License-Identifier: Apache-2.0
/// \file
/// A learned vector for each item: what the backbone eats and what is ranked.
#pragma once

#include <coco/core/role.hpp>
#include <coco/items/concept.hpp>
#include <coco/nn/stage.hpp>

namespace coco::items {

/// items x width, in the table block.
class Table {
public:
    using Role = role::Items;

    struct Config {
        double init = 0.02;  ///< standard deviation at the start
    };

    template <class P>
    struct Kept {
        CRows<P> vectors;  ///< items x width
        Rows<P> gradient;  ///< where users of `vectors` add theirs; empty where not wanted
    };

    Table(Layout& layout, const Config& config, Index items, Index width)
        : vectors_(layout.claim("item", items, width, Init::normal(config.init), Decay::no, Home::table)) {}

    const Slot& vectors() const { return vectors_; }

    template <class P>
    Kept<P> forward(Run<P>& run) const {
        return {run.value(vectors_), run.gradient(vectors_)};
    }
    /// Nothing is left to do: gradients were added where they belong.
    template <class P>
    void backward(Run<P>&, const Kept<P>&) const {}

private:
    Slot vectors_;
};

}  // namespace coco::items

static_assert(coco::Items<coco::items::Table>);
