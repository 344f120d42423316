// SPDX-License-Identifier: Apache-2.0
/// \file
/// Rankings over all columns: the k best of a row, and the place of a target.
#pragma once

#include <algorithm>
#include <limits>

#include <coco/exec/skills.hpp>
#include <coco/host/multiply.hpp>
#include <coco/host/pool.hpp>
#include <coco/host/scratch.hpp>

namespace coco::host {

/// Scores of rows first .. first+count-1 with the seen columns left out, count x columns.rows.
template <class P>
void scores_of(CRows<P> h, CRows<P> columns, CRows<P> bias, const Seen<P>& seen, Index first, Rows<P> out) {
    using T = typename P::Scalar;
    gemm<T>(h.rows_from(first, out.rows), Op::plain, columns, Op::transposed, out, T(1), T(0));
    for (Index i = 0; i < out.rows; ++i) {
        if (!bias.empty())
            for (Index j = 0; j < out.cols; ++j) out(i, j) += bias(0, j);
        if (seen.of_row.count() > 0)
            for (Index s = seen.of_row.begin(first + i); s < seen.of_row.end(first + i); ++s)
                out(i, seen.item[s]) = seen.zeroed ? T(0) : -std::numeric_limits<T>::infinity();
    }
}

inline constexpr Index rank_rows = 32;

/// See the skill `rank`.
template <class P>
void rank(Pool& pool, CRows<P> h, CRows<P> columns, CRows<P> bias, const Seen<P>& seen, Index k,
          MutableIds<P> best, Rows<P> scores) {
    using T = typename P::Scalar;
    pool.run((h.rows + rank_rows - 1) / rank_rows, [&](Index task) {
        const Index first = task * rank_rows, count = std::min(rank_rows, h.rows - first);
        const Scratch scratch;
        const Rows<P> tile(scratch.take<T>(count * columns.rows), count, columns.rows);
        Id* const order = scratch.take<Id>(columns.rows);
        scores_of<P>(h, columns, bias, seen, first, tile);
        for (Index i = 0; i < count; ++i) {
            Index left = 0;
            for (Index j = 0; j < columns.rows; ++j)
                if (tile(i, j) > -std::numeric_limits<T>::infinity()) order[left++] = static_cast<Id>(j);
            const Index found = std::min(k, left);
            std::partial_sort(order, order + found, order + left, [&](Id a, Id b) {
                return tile(i, a) > tile(i, b) || (tile(i, a) == tile(i, b) && a < b);
            });
            for (Index j = 0; j < k; ++j) {
                best[(first + i) * k + j] = j < found ? order[j] : no_id;
                scores(first + i, j) = j < found ? tile(i, order[j]) : -std::numeric_limits<T>::infinity();
            }
        }
    });
}

/// See the skill `place`.
template <class P>
void place(Pool& pool, CRows<P> h, CRows<P> columns, CRows<P> bias, const Seen<P>& seen, Ids<P> target,
           Rows<P> places) {
    using T = typename P::Scalar;
    pool.run((h.rows + rank_rows - 1) / rank_rows, [&](Index task) {
        const Index first = task * rank_rows, count = std::min(rank_rows, h.rows - first);
        const Scratch scratch;
        const Rows<P> tile(scratch.take<T>(count * columns.rows), count, columns.rows);
        scores_of<P>(h, columns, bias, seen, first, tile);
        for (Index i = 0; i < count; ++i) {
            const T own = tile(i, target[first + i]);
            Index better = 0, equal = 0;
            for (Index j = 0; j < columns.rows; ++j) {
                better += !(tile(i, j) <= own);
                equal += tile(i, j) == own;
            }
            places(first + i, 0) =
                T(1) + static_cast<T>(better) + static_cast<T>(std::max<Index>(equal, 1) - 1) / 2;
        }
    });
}

}  // namespace coco::host
