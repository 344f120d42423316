// SPDX-License-Identifier: Apache-2.0
/// \file
/// A learned vector for each item: input of the backbone, and the vector by which items are ranked.
#pragma once

#include <coco/core/role.hpp>
#include <coco/core/settings.hpp>
#include <coco/items/concept.hpp>
#include <coco/nn/layer.hpp>

namespace coco::items {

/// items x width, in the table block.
class Table {
public:
    using Role = role::Items;
    static constexpr bool by_row = true;

    struct Config {
        double init = 0.02;  ///< standard deviation of the initial values

        static auto settings(auto& c, auto&& visit) {
            return visit(setting("init", c.init, between(0, 100)));
        }
    };

    template <class P>
    struct Saved {
        CRows<P> vectors;  ///< items x width
        Rows<P> gradient;  ///< users of `vectors` add their gradients here; empty: not computed
    };

    Table(ParameterLayout& layout, const Config& config, Index items, Index width)
        : vectors_(layout.claim("item", items, width, Init::normal(config.init), Decay::no,
                                ParameterBlock::table)) {}

    const TensorRef& vectors() const { return vectors_; }

    template <class P>
    Saved<P> forward(Context<P>& ctx) const {
        return {ctx.value(vectors_), ctx.gradient(vectors_)};
    }
    /// Does nothing: `gradient` is already the gradient of the parameter.
    template <class P>
    void backward(Context<P>&, const Saved<P>&) const {}

private:
    TensorRef vectors_;
};

}  // namespace coco::items

static_assert(coco::Items<coco::items::Table>);
