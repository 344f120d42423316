// SPDX-License-Identifier: Apache-2.0
/// \file
/// The contrast of UniSRec's pre-training (Hou et al., KDD 2022, equations 6 and 7): InfoNCE among the rows
/// of a batch, where rows that have the same positive item count as strangers of score 0.
#pragma once

#include <coco/core/math.hpp>
#include <coco/nn/elementwise.hpp>
#include <coco/nn/sequence.hpp>

namespace coco::baseline::unisrec {

/// out_i = [q_i, temperature log r_i], r the number of other rows with the same item.
template <class T>
struct WithRepeats {
    const T* q;
    Index q_stride;
    const Id* excluded_of;
    const Id* excluded;
    T* out;
    Index rows, cols;
    T temperature;

    template <class Row>
    COCO_HD void operator()(Index i, const Row& row) const {
        const T* const from = q + i * q_stride;
        T* const to = out + i * (cols + 1);
        row.each(cols, [&](Index j) { to[j] = from[j]; });
        row.each(1, [&](Index) {
            const Id first = excluded_of[i], end = excluded_of[i + 1];
            const bool none = excluded[end - 1] == rows;
            to[cols] = none ? T(0) : temperature * math::log(static_cast<T>(end - first));
        });
    }
};

/// Row i < rows: [c_i, 0]; row `rows`: zeros and a 1.
template <class T>
struct WithStranger {
    const T* c;
    Index c_stride;
    T* out;
    Index rows, cols;

    template <class Row>
    COCO_HD void operator()(Index i, const Row& row) const {
        const bool stranger = i == rows;
        const T* const from = c + (stranger ? 0 : i) * c_stride;
        T* const to = out + i * (cols + 1);
        row.each(cols, [&](Index j) { to[j] = stranger ? T(0) : from[j]; });
        row.each(1, [&](Index) { to[cols] = stranger ? T(1) : T(0); });
    }
};

/// *loss += weight * mean over rows i of -log(exp(q_i . c_i / t) / (sum over j of exp(q_i . c_j / t) + r_i)),
/// j over the rows of other positive items and i itself, r_i the number of the rest: the published code sets
/// their scores to 0 instead of leaving them out, which adds exp(0) for each. They are one more class, with
/// the score log r_i in a column of its own. Gradients: dq +=, dc +=.
/// \param q, c     rows x width, rows of length 1
/// \param targets  `self`; `excluded` has for row i the other rows of its item, or `rows` where there is none
template <class P>
void batch_contrast(Context<P>& ctx, CRows<P> q, CRows<P> c, const Targets<P>& targets, double temperature,
                    double weight, typename P::Scalar* loss, Rows<P> dq, Rows<P> dc) {
    using T = typename P::Scalar;
    const Index rows = q.rows, cols = q.cols;
    if (rows == 0) return;
    const typename Workspace<P>::Frame frame(ctx.work);
    const Rows<P> wide = ctx.work.scratch(rows, cols + 1), dwide = ctx.work.scratch(rows, cols + 1),
                  columns = ctx.work.scratch(rows + 1, cols + 1),
                  dcolumns = ctx.work.scratch(rows + 1, cols + 1);
    ctx.on.for_each_row(
        rows, 2 * cols,
        WithRepeats<T>{q.data, q.stride, targets.excluded_of.offsets.data, targets.excluded.data, wide.data,
                       rows, cols, static_cast<T>(temperature)});
    ctx.on.for_each_row(rows + 1, 2 * cols, WithStranger<T>{c.data, c.stride, columns.data, rows, cols});
    nn::fill<P>(ctx.on, dcolumns, 0);
    Classes<P> classes;
    classes.columns = columns;
    classes.inverse_temperature = static_cast<T>(1 / temperature);
    classes.positive = targets.self.from(0, rows);
    classes.excluded_of = targets.excluded_of;
    classes.excluded = targets.excluded;
    ctx.on.softmax_cross_entropy(CRows<P>(wide), classes, static_cast<T>(weight / static_cast<double>(rows)),
                                 loss, dwide, dcolumns, Rows<P>{});
    nn::copy<P>(ctx.on, CRows<P>(dwide).cols_from(0, cols), dq, Write::add);
    nn::copy<P>(ctx.on, CRows<P>(dcolumns).cols_from(0, cols).rows_from(0, rows), dc, Write::add);
}

}  // namespace coco::baseline::unisrec
