// SPDX-License-Identifier: Apache-2.0
/// \file
/// The pairwise loss of S3-Rec (Zhou et al., CIKM 2020) in the form of its published code:
/// L = factor * sum over rows of -log s(s(a.p) - s(a.n)), s the logistic function. The difference lies
/// between -1 and 1, so that a row's loss lies between log(1 + 1/e) = 0.31 and log(1 + e) = 1.31, and a pair
/// that is already apart has next to no gradient.
#pragma once

#include <coco/core/math.hpp>
#include <coco/nn/elementwise.hpp>
#include <coco/nn/sequence.hpp>

namespace coco::loss {

/// The vector of each row: row id_i of a table, or row i where there are no ids.
template <class T>
struct PairedVectors {
    const T* data;
    Index stride;
    const Id* id;

    COCO_HD const T* of(Index i) const { return data + (id ? static_cast<Index>(id[i]) : i) * stride; }
};

/// For each row: the loss, dL/d(a.p) and dL/d(a.n), and da.
template <class T>
struct SigmoidMarginRows {
    const T* a;
    Index a_stride;
    PairedVectors<T> positive, negative;
    T* slopes;  ///< rows x 2
    T* losses;  ///< rows x 1
    T* da;
    Index da_stride, cols;
    T factor;

    template <class Row>
    COCO_HD void operator()(Index i, const Row& row) const {
        const T *const x = a + i * a_stride, *const p = positive.of(i), *const n = negative.of(i);
        const T yes = math::sigmoid(row.sum(cols, [&](Index j) { return x[j] * p[j]; }));
        const T no = math::sigmoid(row.sum(cols, [&](Index j) { return x[j] * n[j]; }));
        const T slope = -math::sigmoid(no - yes) * factor;
        const T up = slope * yes * (T(1) - yes), down = -slope * no * (T(1) - no);
        row.each(1, [&](Index) {
            slopes[2 * i] = up;
            slopes[2 * i + 1] = down;
            losses[i] = math::softplus(no - yes) * factor;
        });
        if (!da) return;
        T* const d = da + i * da_stride;
        row.each(cols, [&](Index j) { d[j] = up * p[j] + down * n[j]; });
    }
};

/// out_i = slopes[i, which] * a_i.
template <class T>
struct SigmoidMarginShares {
    const T* a;
    Index a_stride;
    const T* slopes;
    Index which;
    T* out;
    Index out_stride, cols;

    template <class Row>
    COCO_HD void operator()(Index i, const Row& row) const {
        const T* const x = a + i * a_stride;
        T* const to = out + i * out_stride;
        const T slope = slopes[2 * i + which];
        row.each(cols, [&](Index j) { to[j] = slope * x[j]; });
    }
};

/// out[id] += sum over its places among the first `rows` of slopes[place, which] * a[place]; places ascend.
template <class T>
struct SigmoidMarginScatter {
    const T* a;
    Index a_stride;
    const T* slopes;
    Index which;
    const Id *id, *offsets, *place;
    Index rows;
    T* out;
    Index out_stride, cols;

    template <class Row>
    COCO_HD void operator()(Index s, const Row& row) const {
        T* const to = out + id[s] * out_stride;
        for (Id k = offsets[s]; k < offsets[s + 1] && place[k] < rows; ++k) {
            const T slope = slopes[2 * place[k] + which];
            const T* const x = a + place[k] * a_stride;
            row.each(cols, [&](Index j) { to[j] += slope * x[j]; });
        }
    }
};

/// Losses into *loss (+=), da (=), and the slopes of both products.
template <class P>
void sigmoid_margin_slopes(Context<P>& ctx, CRows<P> a, const PairedVectors<typename P::Scalar>& positive,
                           const PairedVectors<typename P::Scalar>& negative, double factor,
                           typename P::Scalar* loss, Rows<P> da, Rows<P> slopes) {
    using T = typename P::Scalar;
    const typename Workspace<P>::Frame frame(ctx.work);
    const Rows<P> losses = ctx.work.scratch(a.rows, 1);
    ctx.on.for_each_row(a.rows, 4 * a.cols,
                        SigmoidMarginRows<T>{a.data, a.stride, positive, negative, slopes.data, losses.data,
                                             da.data, da.stride, a.cols, static_cast<T>(factor)});
    ctx.on.reduce(a.rows, Rows<P>{loss, 1, 1}, nn::Element<T>{losses.data, 1});
}

/// Pairs of rows: *loss +=, da, dp and dn = unless empty. \param a, p, n  rows x d
template <class P>
void sigmoid_margin(Context<P>& ctx, CRows<P> a, CRows<P> p, CRows<P> n, double factor,
                    typename P::Scalar* loss, Rows<P> da, Rows<P> dp, Rows<P> dn) {
    using T = typename P::Scalar;
    if (a.rows == 0) return;
    const typename Workspace<P>::Frame frame(ctx.work);
    const Rows<P> slopes = ctx.work.scratch(a.rows, 2);
    sigmoid_margin_slopes<P>(ctx, a, {p.data, p.stride, nullptr}, {n.data, n.stride, nullptr}, factor, loss,
                             da, slopes);
    const Rows<P> out[2] = {dp, dn};
    for (Index which = 0; which < 2; ++which)
        if (const Rows<P>& to = out[which]; !to.empty())
            ctx.on.for_each_row(
                a.rows, 2 * a.cols,
                SigmoidMarginShares<T>{a.data, a.stride, slopes.data, which, to.data, to.stride, a.cols});
}

/// Pairs of items, the first a.rows of `targets.item` and `targets.negative`: *loss +=, da = unless empty,
/// dvectors += unless empty. \param a  rows x d    \param vectors  items x d
template <class P>
void sigmoid_margin_of_items(Context<P>& ctx, CRows<P> a, CRows<P> vectors, const Targets<P>& targets,
                             double factor, typename P::Scalar* loss, Rows<P> da, Rows<P> dvectors) {
    using T = typename P::Scalar;
    if (a.rows == 0) return;
    const typename Workspace<P>::Frame frame(ctx.work);
    const Rows<P> slopes = ctx.work.scratch(a.rows, 2);
    sigmoid_margin_slopes<P>(ctx, a, {vectors.data, vectors.stride, targets.item.data},
                             {vectors.data, vectors.stride, targets.negative.data}, factor, loss, da, slopes);
    if (dvectors.empty()) return;
    const Inverse<P>* const inverse[2] = {&targets.by_item, &targets.by_negative};
    for (Index which = 0; which < 2; ++which)
        ctx.on.for_each_row(
            inverse[which]->id.size, 2 * a.cols,
            SigmoidMarginScatter<T>{a.data, a.stride, slopes.data, which, inverse[which]->id.data,
                                    inverse[which]->places_of.offsets.data, inverse[which]->place.data,
                                    a.rows, dvectors.data, dvectors.stride, a.cols});
}

}  // namespace coco::loss
