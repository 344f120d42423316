// SPDX-License-Identifier: Apache-2.0
/// \file
/// The first step of a transformer over histories: item + position, norm, dropout. A row without an item
/// (`no_id`) has the vector of masked items instead, where there is one.
#pragma once

#include <coco/nn/dropout.hpp>
#include <coco/nn/embedding.hpp>
#include <coco/nn/norm.hpp>
#include <coco/nn/sequence.hpp>

namespace coco::nn {

/// Whether rows without an item have a learned vector, or zero.
enum class MaskVector : bool { no, yes };

/// out_i = x_i + position[p_i], or mask + position[p_i] where row i has no item.
template <class T>
struct PositionInputRows {
    const T* x;
    Index x_stride;
    const Id* item;
    const T* mask;  ///< or null
    const T* table;
    const Id* position;
    T* out;
    Index cols;

    template <class Row>
    COCO_HD void operator()(Index i, const Row& row) const {
        const T* const from = mask && item[i] < 0 ? mask : x + i * x_stride;
        const T* const place = table + position[i] * cols;
        T* const to = out + i * cols;
        row.each(cols, [&](Index j) { to[j] = from[j] + place[j]; });
    }
};

/// (i, j) -> x_ij where row i has no item, else 0.
template <class T>
struct MaskedElement {
    const T* x;
    Index stride;
    const Id* item;

    COCO_HD T operator()(Index i, Index j) const { return item[i] < 0 ? x[i * stride + j] : T(0); }
};

/// x_ij = 0 where row i has no item.
template <class T>
struct ClearMaskedRows {
    T* x;
    Index stride, cols;
    const Id* item;

    template <class Row>
    COCO_HD void operator()(Index i, const Row& row) const {
        T* const to = x + i * stride;
        if (item[i] < 0) row.each(cols, [&](Index j) { to[j] = T(0); });
    }
};

/// rows x width -> rows x width.
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
                                               double epsilon, double dropout, MaskVector has_mask)
        : has_mask_(has_mask) {
        position_ = layout.claim("position", window, width, init);
        if (has_mask == MaskVector::yes) mask_ = layout.claim("mask", 1, width, init);
        norm_ = Norm(layout, "norm", width, epsilon);
        dropout_ = Dropout(layout, dropout);
    }

    template <class P>
    Saved<P> forward(Context<P>& ctx, const Sequence<P>& sequence, CRows<P> x) const {
        using T = typename P::Scalar;
        Saved<P> saved;
        const Rows<P> sum = ctx.work.keep(x.rows, x.cols);
        ctx.on.for_each_row(
            x.rows, 3 * x.cols,
            PositionInputRows<T>{x.data, x.stride, sequence.item.data,
                                 has_mask_ == MaskVector::yes ? ctx.value(mask_).data : nullptr,
                                 ctx.value(position_).data, sequence.position.data, sum.data, x.cols});
        saved.norm = norm_.forward(ctx, CRows<P>(sum));
        saved.dropped = dropout_.forward(ctx, CRows<P>(saved.norm.out), sequence.row_key);
        saved.out = saved.dropped.out;
        return saved;
    }

    /// Rows without an item do not read x.
    template <class P>
    void backward(Context<P>& ctx, const Sequence<P>& sequence, const Saved<P>& saved, CRows<P> dy,
                  Rows<P> dx) const {
        using T = typename P::Scalar;
        const typename Workspace<P>::Frame frame(ctx.work);
        const Rows<P> dnorm = ctx.work.scratch(dy.rows, dy.cols);
        const Rows<P> dposition = ctx.gradient(position_);
        // Position and mask need the gradient of the sum, also if dx is not computed.
        const Rows<P> dsum = dx.empty() && !dposition.empty() ? ctx.work.scratch(dy.rows, dy.cols) : dx;
        dropout_.backward(ctx, saved.dropped, dy, dnorm);
        norm_.backward(ctx, saved.norm, CRows<P>(dnorm), dsum);
        if (!dposition.empty()) scatter<P>(ctx.on, CRows<P>(dsum), sequence.by_position, dposition);
        if (has_mask_ == MaskVector::no || dy.rows == 0) return;
        if (const Rows<P> dmask = ctx.gradient(mask_); !dmask.empty())
            ctx.on.reduce(dsum.rows, dmask, MaskedElement<T>{dsum.data, dsum.stride, sequence.item.data});
        if (!dx.empty())
            ctx.on.for_each_row(dx.rows, dx.cols,
                                ClearMaskedRows<T>{dx.data, dx.stride, dx.cols, sequence.item.data});
    }

private:
    MaskVector has_mask_ = MaskVector::no;
    TensorRef position_, mask_;
    Norm norm_;
    Dropout dropout_;
};

}  // namespace coco::nn
