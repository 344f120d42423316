// SPDX-License-Identifier: Apache-2.0
/// \file
/// Binary cross-entropy over a whole vocabulary of labels, of which each row has any number: the attributes
/// of an item in S3-Rec (Zhou et al., CIKM 2020, equations 5 and 7). L = factor * sum over rows i and labels
/// l of -y_il log s(q_i.w_l) - (1 - y_il) log(1 - s(q_i.w_l)).
#pragma once

#include <algorithm>

#include <coco/core/math.hpp>
#include <coco/nn/elementwise.hpp>

namespace coco::loss {

/// The labels of each bag, on the policy: bag b has label[offsets[b]] .. label[offsets[b + 1] - 1], each
/// once.
template <class P>
struct LabelBags {
    Ids<P> offsets, label;
};

/// For each row: the loss, and scores that become their gradient in place.
template <class T>
struct MultiLabelRows {
    T* scores;
    Index stride, labels;
    const Id *bag, *offsets, *label;
    T* losses;
    T factor;

    template <class Row>
    COCO_HD void operator()(Index i, const Row& row) const {
        T* const x = scores + i * stride;
        const Id* const own = label + offsets[bag[i]];
        const Index count = offsets[bag[i] + 1] - offsets[bag[i]];
        const T of_own = row.sum(count, [&](Index k) { return x[own[k]]; });
        const T of_all = row.sum(labels, [&](Index j) { return softplus(x[j]); });
        row.each(1, [&](Index) { losses[i] = (of_all - of_own) * factor; });
        row.each(labels, [&](Index j) { x[j] = math::sigmoid(x[j]) * factor; });
        row.each(count, [&](Index k) { x[own[k]] -= factor; });
    }

    /// log(1 + e^x). As `math::softplus`, whose call of the C library would take most of a step's time here.
    COCO_HD COCO_INLINE static T softplus(T x) {
        return (x > 0 ? x : T(0)) + math::log1p(math::exp(x > 0 ? -x : x));
    }
};

/// *loss +=, dq = unless empty, dlabels += unless empty.
/// \param q  rows x d    \param labels  vocabulary x d    \param bag  whose labels a row has, one per row
/// \param at_a_time  scores in memory: rows are done in chunks of as many as fit, at least one
template <class P>
void multi_label(Context<P>& ctx, CRows<P> q, CRows<P> labels, Ids<P> bag, const LabelBags<P>& bags,
                 double factor, typename P::Scalar* loss, Rows<P> dq, Rows<P> dlabels,
                 Index at_a_time = Index{1} << 20) {
    using T = typename P::Scalar;
    if (q.rows == 0 || labels.rows == 0) return;
    const typename Workspace<P>::Frame frame(ctx.work);
    const Index most = std::clamp<Index>(at_a_time / labels.rows, 1, q.rows);
    const Rows<P> scores = ctx.work.scratch(most, labels.rows), losses = ctx.work.scratch(q.rows, 1);
    for (Index first = 0; first < q.rows; first += most) {
        const Index count = std::min(most, q.rows - first);
        const CRows<P> part = q.rows_from(first, count);
        const Rows<P> of_part = scores.rows_from(0, count);
        ctx.on.multiply(part, Op::plain, labels, Op::transposed, of_part);
        ctx.on.for_each_row(
            count, 3 * labels.rows,
            MultiLabelRows<T>{of_part.data, of_part.stride, labels.rows, bag.data + first, bags.offsets.data,
                              bags.label.data, losses.data + first, static_cast<T>(factor)});
        if (!dq.empty())
            ctx.on.multiply(CRows<P>(of_part), Op::plain, labels, Op::plain, dq.rows_from(first, count));
        if (!dlabels.empty())
            ctx.on.multiply(CRows<P>(of_part), Op::transposed, part, Op::plain, dlabels, 1, 1);
    }
    ctx.on.reduce(q.rows, Rows<P>{loss, 1, 1}, nn::Element<T>{losses.data, 1});
}

}  // namespace coco::loss
