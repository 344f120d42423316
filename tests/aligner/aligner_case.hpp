// SPDX-License-Identifier: Apache-2.0
/// \file
/// An aligner under the conformance test of a layer: the segments of the sequence are behaviour, with 0 to 3
/// rows of knowledge for each.
#pragma once

#include "conformance/layer.hpp"

/// \tparam columns  of knowledge where they are semantic, or 0: then it is as wide as behaviour
template <class Aligner, coco::Index heads, coco::Index width, coco::Index columns>
struct AlignerCase {
    Aligner stage;

    explicit AlignerCase(coco::ParameterLayout& layout) : stage(layout, {.heads = heads}, width, columns) {}

    static std::vector<coco::Index> known(coco::Index segments) {
        std::vector<coco::Index> all;
        for (coco::Index s = 0; s < segments; ++s) all.push_back((s + 2) % 4);
        return all;
    }
    static std::vector<coco::conformance::Shape> inputs(coco::Index rows) {
        namespace conformance = coco::conformance;
        coco::Index pieces = 0;
        for (const coco::Index n : known(static_cast<coco::Index>(
                 conformance::histories(rows, conformance::trial_items, conformance::trial_window, 1)
                     .size())))
            pieces += n;
        return {{rows, width}, {pieces, columns > 0 ? columns : width}};
    }

    template <class P>
    auto forward(coco::Context<P>& ctx, const coco::Sequence<P>& s, const coco::conformance::In<P>& x) const {
        coco::Offsets offsets;
        for (const coco::Index n : known(s.segments.count())) offsets.push(n);
        return stage.forward(ctx, x[0], s.segments, x[1],
                             coco::conformance::segments(ctx.on, ctx.work, offsets));
    }
    template <class P>
    void backward(coco::Context<P>& ctx, const coco::Sequence<P>&,
                  const typename Aligner::template Saved<P>& saved, coco::CRows<P> dy,
                  const coco::conformance::Out<P>& dx) const {
        stage.backward(ctx, saved, dy, dx[0], dx[1]);
    }
};
