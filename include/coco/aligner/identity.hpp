// SPDX-License-Identifier: Apache-2.0
/// \file
/// No aligner: a = h. Knowledge is computed and not used; to measure the cost of the other parts.
#pragma once

#include <coco/aligner/concept.hpp>
#include <coco/core/role.hpp>
#include <coco/nn/elementwise.hpp>

namespace coco::aligner {

class Identity {
public:
    using Role = role::Aligner;

    struct Config {};

    template <class P>
    struct Saved {
        CRows<P> out;
    };

    Identity(ParameterLayout&, const Config&, Index) {}

    template <class P>
    Saved<P> forward(Context<P>&, CRows<P> h, const Segments<P>&, CRows<P>, const Segments<P>&) const {
        return {h};
    }

    template <class P>
    void backward(Context<P>& ctx, const Saved<P>&, CRows<P> dy, Rows<P> dh, Rows<P> dpure) const {
        if (!dh.empty()) nn::copy<P>(ctx.on, dy, dh);
        if (!dpure.empty()) nn::fill<P>(ctx.on, dpure, 0);
    }
};

}  // namespace coco::aligner

static_assert(coco::Aligner<coco::aligner::Identity>);
