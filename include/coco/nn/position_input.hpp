// SPDX-License-Identifier: Apache-2.0
/// \file
/// The first step of a transformer over histories: item + position, norm, dropout. Rows without an item may
/// have the vector of masked items.
#pragma once

#include <coco/nn/dropout.hpp>
#include <coco/nn/embedding.hpp>
#include <coco/nn/mask_vector.hpp>
#include <coco/nn/norm.hpp>
#include <coco/nn/sequence.hpp>

namespace coco::nn {

/// drop(LN(x + position)), rows x width.
class PositionInput {
public:
    template <class P>
    struct Saved {
        Norm::Saved<P> norm;
        Dropout::Saved<P> dropped;
        CRows<P> out;
    };

    PositionInput() = default;
    /// \param window  number of positions    \param epsilon  of the norm    \param dropout  rate, in [0, 1)
    [[gnu::cold, gnu::noinline]] PositionInput(ParameterLayout& layout, Index window, Index width, Init init,
                                               double epsilon, double dropout)
        : position_(layout.claim("position", window, width, init)),
          norm_(layout, "norm", width, epsilon),
          dropout_(layout, dropout) {}

    /// \param x     vectors of the sequence's items, zeros in rows without one
    /// \param mask  is added in those rows; null: they have their position alone
    template <class P>
    Saved<P> forward(Context<P>& ctx, const Sequence<P>& sequence, CRows<P> x,
                     const MaskVector* mask = nullptr) const {
        Saved<P> saved;
        const Rows<P> sum = ctx.work.keep(x.rows, x.cols);
        copy<P>(ctx.on, x, sum);
        gather<P>(ctx.on, ctx.value(position_), sequence.position, sum, Write::add);
        if (mask) mask->add(ctx, sequence.item, sum);
        saved.norm = norm_.forward(ctx, CRows<P>(sum));
        saved.dropped = dropout_.forward(ctx, CRows<P>(saved.norm.out), sequence.row_key);
        saved.out = saved.dropped.out;
        return saved;
    }

    /// \param mask  as in `forward`
    template <class P>
    void backward(Context<P>& ctx, const Sequence<P>& sequence, const Saved<P>& saved, CRows<P> dy,
                  Rows<P> dx, const MaskVector* mask = nullptr) const {
        const typename Workspace<P>::Frame frame(ctx.work);
        const Rows<P> dnorm = ctx.work.scratch(dy.rows, dy.cols);
        const Rows<P> dposition = ctx.gradient(position_);
        // Position and mask need the gradient of the sum, also if dx is not computed.
        const Rows<P> dsum = dx.empty() && !dposition.empty() ? ctx.work.scratch(dy.rows, dy.cols) : dx;
        dropout_.backward(ctx, saved.dropped, dy, dnorm);
        norm_.backward(ctx, saved.norm, CRows<P>(dnorm), dsum);
        if (dposition.empty()) return;
        scatter<P>(ctx.on, CRows<P>(dsum), sequence.by_position, dposition);
        if (mask) mask->backward(ctx, sequence.item, CRows<P>(dsum));
    }

private:
    TensorRef position_;
    Norm norm_;
    Dropout dropout_;
};

}  // namespace coco::nn
