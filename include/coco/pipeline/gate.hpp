// SPDX-License-Identifier: Apache-2.0
/// \file
/// CoCo's contradiction gate: M_t = [cos(a_t, v_t) > cos(h_t, v_t)]. Where M = 0, knowledge did not move the
/// prediction nearer to the target and the language model is corrected; where M = 1 it gets no gradient.
#pragma once

#include <span>

#include <coco/core/math.hpp>
#include <coco/nn/elementwise.hpp>
#include <coco/nn/indices.hpp>
#include <coco/pipeline/batch.hpp>
#include <coco/pipeline/step.hpp>

namespace coco {

/// (i, 0) -> |a_i - b_i|^2, or |a_i|^2 where b is null.
template <class T>
struct SquaredDistanceTerm {
    const T* a;
    Index a_stride;
    const T* b;
    Index b_stride, cols;

    COCO_HD T operator()(Index i, Index) const {
        T sum = 0;
        for (Index j = 0; j < cols; ++j) {
            const T d = a[i * a_stride + j] - (b ? b[i * b_stride + j] : T(0));
            sum += d * d;
        }
        return sum;
    }
};

/// Whether each target sends a gradient to the language model; all entries are 0 or 1.
template <class P>
struct Gate {
    List<typename P::Scalar, typename P::Space> open;            ///< per target: 1 with knowledge and M = 0
    List<typename P::Scalar, typename P::Space> agreed;          ///< per target: 1 with knowledge and M = 1
    List<typename P::Scalar, typename P::Space> with_knowledge;  ///< per target: 1 with knowledge
};

/// Computes the gate of the targets of one query segment.
template <class T>
struct GateRows {
    const T *h, *a, *vectors;
    Index h_stride, a_stride, v_stride;
    const Id *item, *rows_of, *keys_of;
    T *open, *agreed, *with_knowledge;
    Index cols;

    template <class Row>
    COCO_HD T cosine(const Row& row, const T* x, const T* v) const {
        const T dot = row.sum(cols, [&](Index j) { return x[j] * v[j]; });
        const T xx = row.sum(cols, [&](Index j) { return x[j] * x[j]; });
        const T vv = row.sum(cols, [&](Index j) { return v[j] * v[j]; });
        return xx > T(0) && vv > T(0) ? dot / math::sqrt(xx * vv) : T(0);
    }

    template <class Row>
    COCO_HD void operator()(Index s, const Row& row) const {
        const bool has_knowledge = keys_of[s + 1] > keys_of[s];
        for (Id t = rows_of[s]; t < rows_of[s + 1]; ++t) {
            const T* const v = vectors + item[t] * v_stride;
            const bool nearer =
                has_knowledge && cosine(row, a + t * a_stride, v) > cosine(row, h + t * h_stride, v);
            row.each(1, [&](Index) {
                open[t] = has_knowledge && !nearer ? T(1) : T(0);
                agreed[t] = nearer ? T(1) : T(0);
                with_knowledge[t] = has_knowledge ? T(1) : T(0);
            });
        }
    }
};

/// Computes M, and adds to the metrics: targets with knowledge, those with M = 1, |a - h|^2 and |h|^2 over
/// targets.
template <class P>
Gate<P> contradictions(Context<P>& ctx, CRows<P> h, CRows<P> a, CRows<P> vectors, const Targets<P>& targets,
                       const Segments<P>& pure_of, typename P::Scalar* metrics) {
    using T = typename P::Scalar;
    const auto list = [&] { return ctx.work.template keep_list<T>(h.rows); };
    const Gate<P> gate{list(), list(), list()};
    ctx.on.for_each_row(targets.of_segment.count(), 6 * h.cols,
                        GateRows<T>{h.data, a.data, vectors.data, h.stride, a.stride, vectors.stride,
                                    targets.item.data, targets.of_segment.offsets.data, pure_of.offsets.data,
                                    gate.open.data, gate.agreed.data, gate.with_knowledge.data, h.cols});
    const auto entry = [&](StepMetrics::Entry e) { return Rows<P>{metrics + e, 1, 1}; };
    ctx.on.reduce(h.rows, entry(StepMetrics::agreed), nn::Element<T>{gate.agreed.data, 1});
    ctx.on.reduce(h.rows, entry(StepMetrics::with_knowledge), nn::Element<T>{gate.with_knowledge.data, 1});
    ctx.on.reduce(h.rows, entry(StepMetrics::moved),
                  SquaredDistanceTerm<T>{a.data, a.stride, h.data, h.stride, h.cols});
    ctx.on.reduce(h.rows, entry(StepMetrics::length),
                  SquaredDistanceTerm<T>{h.data, h.stride, nullptr, 0, h.cols});
    return gate;
}

/// dopen = (1 - M) da; 0 where there is no knowledge.
template <class P>
void mask_gradient(Context<P>& ctx, CRows<P> da, const Gate<P>& gate, Rows<P> dopen) {
    ctx.on.for_each_row(
        da.rows, 2 * da.cols,
        nn::ScaleRows<typename P::Scalar>{da.data, da.stride, gate.open.data, dopen.data, da.cols});
}

/// One byte per group, on the host: 1 where at least one of its targets is open. Waits for a download.
template <class P>
std::span<const std::uint8_t> open_groups(Context<P>& ctx, const Batch<P>& batch, const Gate<P>& gate) {
    using T = typename P::Scalar;
    const std::span<T> flag = ctx.work.template numbers<T>(gate.open.size);
    const std::span<std::uint8_t> open = ctx.work.template numbers<std::uint8_t>(batch.groups());
    ctx.on.download(List<const T, typename P::Space>(gate.open), flag.data());
    std::fill(open.begin(), open.end(), std::uint8_t{0});
    const Segments<P>& of = batch.targets.of_segment;
    for (std::size_t s = 0; s < batch.group_of_segment.size(); ++s) {
        const Id g = batch.group_of_segment[s];
        if (g < 0) continue;
        for (Index t = of.begin(static_cast<Index>(s)); t < of.end(static_cast<Index>(s)); ++t)
            if (flag[static_cast<std::size_t>(t)] > T(0)) open[static_cast<std::size_t>(g)] = 1;
    }
    return open;
}

}  // namespace coco
