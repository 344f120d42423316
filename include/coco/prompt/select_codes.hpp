// SPDX-License-Identifier: Apache-2.0
/// \file
/// The codes of a codebook near a row: those whose cosine exceeds a threshold, always including the nearest.
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>

#include <coco/core/math.hpp>
#include <coco/exec/primitives.hpp>
#include <coco/nn/layer.hpp>
#include <coco/store/workspace.hpp>

namespace coco {

/// The codes selected for each row, ordered by code index; in the workspace.
template <class P>
struct CodeSelection {
    Segments<P> of_row;  ///< for each row a segment of `code`
    Ids<P> code;         ///< ascending within a row
    Ids<P> nearest;      ///< for each row the code of largest cosine (lowest index among equals)
    std::span<const Id> code_host, nearest_host;  ///< the same numbers in host memory
};

namespace prompt {

/// cosine[i * count + c] of row i of e and code c; 0 where either is zero.
template <class T>
struct CosineRows {
    const T* e;
    Index e_stride;
    const T* codes;
    Index code_stride, count, cols;
    T* cosine;

    template <class Row>
    COCO_HD void operator()(Index pair, const Row& row) const {
        const T *const x = e + pair / count * e_stride, *const y = codes + pair % count * code_stride;
        const T dot = row.sum(cols, [x, y](Index j) { return x[j] * y[j]; });
        const T lengths = math::sqrt(row.sum(cols, [x](Index j) { return x[j] * x[j]; })) *
                          math::sqrt(row.sum(cols, [y](Index j) { return y[j] * y[j]; }));
        T* const to = cosine + pair;
        row.each(1, [=](Index) { *to = lengths > 0 ? dot / lengths : T(0); });
    }
};

/// The codes of one row, ascending, into `chosen`, which has room for all; returns their number. Where no
/// cosine is a number the first code is the nearest.
template <class T>
Index pick_codes(std::span<const T> cosine, T theta, Index cap, Id* chosen, Id& nearest) {
    const Id count = static_cast<Id>(cosine.size());
    const auto at = [cosine](Id c) { return cosine[static_cast<std::size_t>(c)]; };
    Index passing = 0;
    nearest = 0;
    for (Id c = 0; c < count; ++c) {
        if (at(c) > at(nearest)) nearest = c;
        if (at(c) > theta) chosen[passing++] = c;
    }
    if (passing == 0) chosen[passing++] = nearest;
    if (passing <= cap) return passing;
    std::nth_element(chosen, chosen + cap - 1, chosen + passing,
                     [&](Id a, Id b) { return at(a) > at(b) || (at(a) == at(b) && a < b); });
    std::sort(chosen, chosen + cap);
    return cap;
}

/// For each row of e the codes with cosine > theta, always including the nearest, at most `cap` (the best by
/// cosine, equals by lower index). Costs one read-back.
/// \param e  rows x d    \param codes  K x d, K >= 1    \param cap  at least 1
template <class P>
CodeSelection<P> select_codes(Context<P>& ctx, CRows<P> e, CRows<P> codes, typename P::Scalar theta,
                              Index cap) {
    using T = typename P::Scalar;
    const Index count = codes.rows, pairs = e.rows * count;
    const Rows<P> cosine = ctx.work.keep(e.rows, count);
    ctx.on.for_each_row(
        pairs, 6 * e.cols,
        CosineRows<T>{e.data, e.stride, codes.data, codes.stride, count, e.cols, cosine.data});
    const std::span<T> on_host = ctx.work.template numbers<T>(pairs);
    ctx.on.download(List<const T, typename P::Space>{cosine.data, pairs}, on_host.data());

    CodeSelection<P> selection;
    const std::span<Id> offsets = ctx.work.template numbers<Id>(e.rows + 1),
                        chosen = ctx.work.template numbers<Id>(pairs),
                        nearest = ctx.work.template numbers<Id>(e.rows);
    offsets[0] = 0;
    for (std::size_t i = 0; i < static_cast<std::size_t>(e.rows); ++i) {
        const std::size_t n = static_cast<std::size_t>(count);
        Index found =
            pick_codes<T>(on_host.subspan(i * n, n), theta, cap, chosen.data() + offsets[i], nearest[i]);
        // A policy that computes nothing says how many there are.
        if constexpr (requires { ctx.on.codes_per_row(); })
            for (found = 0; found < std::min({ctx.on.codes_per_row(), cap, count}); ++found)
                chosen[static_cast<std::size_t>(offsets[i] + found)] = static_cast<Id>(found);
        offsets[i + 1] = static_cast<Id>(offsets[i] + found);
        selection.of_row.longest = std::max(selection.of_row.longest, found);
    }
    selection.code_host = chosen.first(static_cast<std::size_t>(offsets[static_cast<std::size_t>(e.rows)]));
    selection.nearest_host = nearest;
    selection.of_row.host = offsets;
    selection.of_row.offsets = ctx.on.upload(std::span<const Id>(offsets), ctx.work);
    selection.code = ctx.on.upload(selection.code_host, ctx.work);
    selection.nearest = ctx.on.upload(selection.nearest_host, ctx.work);
    return selection;
}

}  // namespace prompt
}  // namespace coco
