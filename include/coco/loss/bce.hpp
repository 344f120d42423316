// SPDX-License-Identifier: Apache-2.0
/// \file
/// Binary cross-entropy with one sampled negative per target (SASRec's original loss):
/// L = mean over targets of -log s(h.v+) - log(1 - s(h.v-)), s the logistic function.
#pragma once

#include <coco/core/math.hpp>
#include <coco/core/role.hpp>
#include <coco/loss/concept.hpp>
#include <coco/nn/elementwise.hpp>
#include <coco/nn/sequence.hpp>

namespace coco::loss {

/// For each target: both derivatives, the loss, and dh.
template <class T>
struct BceRows {
    const T* h;
    Index h_stride;
    const T* vectors;
    Index v_stride;
    const Id *positive, *negative;
    T* slopes;  ///< targets x 2: dL/d(h.v+), dL/d(h.v-)
    T* losses;  ///< targets x 1
    T* dh;
    Index dh_stride, cols;
    T scale;

    template <class Row>
    COCO_HD void operator()(Index i, const Row& row) const {
        const T* const x = h + i * h_stride;
        const T *const p = vectors + positive[i] * v_stride, *const n = vectors + negative[i] * v_stride;
        const T yes = row.sum(cols, [&](Index j) { return x[j] * p[j]; });
        const T no = row.sum(cols, [&](Index j) { return x[j] * n[j]; });
        const T up = (math::sigmoid(yes) - T(1)) * scale, down = math::sigmoid(no) * scale;
        row.each(1, [&](Index) {
            slopes[2 * i] = up;
            slopes[2 * i + 1] = down;
            losses[i] = (math::softplus(-yes) + math::softplus(no)) * scale;
        });
        if (!dh) return;
        T* const d = dh + i * dh_stride;
        row.each(cols, [&](Index j) { d[j] = up * p[j] + down * n[j]; });
    }
};

/// dvectors[id] += sum over places of slopes[place, which] * h[place].
template <class T>
struct BceScatter {
    const T* h;
    Index h_stride;
    const T* slopes;
    Index which;
    const Id *id, *offsets, *place;
    T* dvectors;
    Index v_stride, cols;

    template <class Row>
    COCO_HD void operator()(Index s, const Row& row) const {
        T* const to = dvectors + id[s] * v_stride;
        for (Id k = offsets[s]; k < offsets[s + 1]; ++k) {
            const T slope = slopes[2 * place[k] + which];
            const T* const x = h + place[k] * h_stride;
            row.each(cols, [&](Index j) { to[j] += slope * x[j]; });
        }
    }
};

/// One negative per target. The sampler of negatives decides which items it may not be.
struct Bce {
    using Role = role::Objective;
    static constexpr const char* name = "bce";
    static constexpr bool touches_few = true;
    static constexpr bool needs_negatives = true;

    /// As `CrossEntropy::step`; reads `targets.negative`, `by_item` and `by_negative`.
    template <class P>
    static void step(Context<P>& ctx, CRows<P> h, CRows<P> vectors, const Targets<P>& targets, double weight,
                     typename P::Scalar* loss, Rows<P> dh, Rows<P> dvectors) {
        using T = typename P::Scalar;
        if (h.rows == 0) return;
        const typename Workspace<P>::Frame frame(ctx.work);
        const Rows<P> slopes = ctx.work.scratch(h.rows, 2), losses = ctx.work.scratch(h.rows, 1);
        ctx.on.for_each_row(h.rows, 4 * h.cols,
                            BceRows<T>{h.data, h.stride, vectors.data, vectors.stride, targets.item.data,
                                       targets.negative.data, slopes.data, losses.data, dh.data, dh.stride,
                                       h.cols, static_cast<T>(weight / static_cast<double>(h.rows))});
        ctx.on.reduce(h.rows, Rows<P>{loss, 1, 1}, nn::Element<T>{losses.data, 1});
        if (dvectors.empty()) return;
        const Inverse<P>* const inverse[2] = {&targets.by_item, &targets.by_negative};
        for (Index which = 0; which < 2; ++which)
            ctx.on.for_each_row(
                inverse[which]->id.size, 2 * h.cols,
                BceScatter<T>{h.data, h.stride, slopes.data, which, inverse[which]->id.data,
                              inverse[which]->places_of.offsets.data, inverse[which]->place.data,
                              dvectors.data, dvectors.stride, h.cols});
    }
};

}  // namespace coco::loss

static_assert(coco::Objective<coco::loss::Bce>);
