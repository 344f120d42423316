// SPDX-License-Identifier: Apache-2.0
/// \file
/// The clip of a step's gradients, and in the same kernel the watch over them: the first step whose loss or
/// gradient is not finite is recorded in the policy's memory, with its parameter group, for the host to read
/// when it likes.
#pragma once

#include <vector>

#include <coco/core/math.hpp>
#include <coco/core/types.hpp>
#include <coco/store/block.hpp>

namespace coco {

/// x is neither infinite nor NaN.
template <class T>
COCO_HD bool is_finite(T x) {
    return x - x == T(0);
}

/// What of a step was not finite.
struct NotFinite {
    enum What : Index { nothing, loss, gradient, norm };

    Index step = 0;  ///< 0: nothing so far
    Index what = nothing;
    Index group = 0;  ///< of a gradient
};

/// One range of gradients to be looked through.
struct WatchedRange {
    Index table, begin, size, group;
};

/// *scale = min(1, clip / norm) (only where `scale` is not null), and *found where something is not finite.
/// Nothing is looked through unless the squares' sum tells that there is something to be found.
template <class T>
struct ClipScale {
    const T* squares;
    T *scale, clip;
    const T* losses;  ///< sums that steps add to; any that is not finite counts as the loss
    Index loss_count, step;
    const T *dense, *table;  ///< the gradients' blocks
    const WatchedRange* ranges;
    Index range_count;
    NotFinite* found;

    template <class Row>
    COCO_HD void operator()(Index, const Row& row) const {
        if (scale)
            row.each(1, [&](Index) {
                const T norm = math::sqrt(*squares);
                *scale = norm > clip ? clip / norm : T(1);
            });
        if (found->step != 0) return;
        const T lost = row.sum(loss_count, [&](Index i) { return is_finite(losses[i]) ? T(0) : T(1); });
        if (is_finite(*squares) && lost == T(0)) return;
        NotFinite now{step, lost > T(0) ? NotFinite::loss : NotFinite::norm, 0};
        for (Index r = 0; r < range_count; ++r) {
            const WatchedRange range = ranges[r];
            const T* const from = (range.table ? table : dense) + range.begin;
            const T bad = row.sum(range.size, [&](Index i) { return is_finite(from[i]) ? T(0) : T(1); });
            if (!(bad > T(0))) continue;
            now.what = NotFinite::gradient;
            now.group = range.group;
            break;
        }
        row.each(1, [&](Index) { *found = now; });
    }
};

}  // namespace coco
