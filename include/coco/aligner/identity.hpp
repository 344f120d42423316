// SPDX-License-Identifier: Apache-2.0
/// \file
/// No aligner: a = h, or o = 0 where the items have semantic columns. Knowledge is computed and not used; to
/// measure the cost of the other parts.
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

    Identity(ParameterLayout&, const Config&, Index, Index columns = 0) : columns_(columns) {}

    template <class P>
    Saved<P> forward(Context<P>& ctx, CRows<P> h, const Segments<P>&, CRows<P>, const Segments<P>&) const {
        if (columns_ == 0) return {h};
        const Rows<P> zero = ctx.work.keep(h.rows, columns_);
        nn::fill<P>(ctx.on, zero, 0);
        return {zero};
    }

    template <class P>
    void backward(Context<P>& ctx, const Saved<P>&, CRows<P> dy, Rows<P> dh, Rows<P> dpure) const {
        if (!dh.empty() && columns_ == 0) nn::copy<P>(ctx.on, dy, dh);
        if (!dh.empty() && columns_ > 0) nn::fill<P>(ctx.on, dh, 0);
        if (!dpure.empty()) nn::fill<P>(ctx.on, dpure, 0);
    }

private:
    Index columns_;
};

}  // namespace coco::aligner

static_assert(coco::Aligner<coco::aligner::Identity>);
