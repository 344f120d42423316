// SPDX-License-Identifier: Apache-2.0
/// \file
/// The clip of a step's gradients by one norm, and in the same kernel the watch over them: the first step
/// whose loss or gradient is not finite is recorded in the policy's memory, with its parameter group, for the
/// host to read when it likes.
#pragma once

#include <span>
#include <type_traits>
#include <vector>

#include <coco/core/math.hpp>
#include <coco/core/types.hpp>
#include <coco/nn/parameters.hpp>
#include <coco/store/block.hpp>
#include <coco/train/touched_rows.hpp>
#include <coco/train/trained_ranges.hpp>

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

/// The clip of a layout's gradients by their norm over all groups that learn, and what it found.
template <class P>
class Clip {
public:
    using Scalar = typename P::Scalar;

    Clip() = default;
    /// \param norm  maximum of all gradients together; 0 for no clip
    [[gnu::cold, gnu::noinline]] Clip(P& on, const ParameterLayout& layout, double norm)
        : norm_(norm), ranges_(trained_ranges(layout)), scale_(on, 2), found_(on, 1) {
        std::vector<WatchedRange> watched;
        for (const TrainedRange& r : ranges_)
            watched.push_back({r.block == ParameterBlock::table ? 1 : 0, r.begin, r.end - r.begin, r.group});
        watched_ = Block<WatchedRange, P>(on, static_cast<Index>(watched.size()));
        on.upload(watched.data(), watched_.list());
        slopes_.reserve(ranges_.size());
    }

    /// The factor of a step's gradients, in the policy's memory; null for none.
    /// \param rates   one for each group; gradients of a group with rate 0 do not count
    /// \param losses  sums of the loss, which are watched beside the gradients
    /// \param number  of the step, from 1, for `not_finite`
    /// \param touched  rows of the table whose gradients are packed; null: the whole table counts
    const Scalar* operator()(P& on, Gradients<P>& gradients, std::span<const double> rates,
                             List<const Scalar, typename P::Space> losses, Index number,
                             TouchedRows<P>* touched = nullptr) {
        slopes_.clear();
        for (const TrainedRange& r : ranges_) {
            if (rates[static_cast<std::size_t>(r.group)] <= 0) continue;
            if (touched && r.block == ParameterBlock::table)
                slopes_.push_back(touched->list(TouchedRows<P>::gradients));
            else
                slopes_.push_back(r.of(gradients.block(r.block)));
        }
        Scalar* const scale = norm_ > 0 ? scale_.data() + 1 : nullptr;
        on.fill(scale_.list(), Scalar(0));
        on.squared_norm(slopes_, scale_.data());
        on.for_each_row(1, 1,
                        ClipScale<Scalar>{scale_.data(), scale, static_cast<Scalar>(norm_), losses.data,
                                          losses.size, number, gradients.block(ParameterBlock::dense).data(),
                                          gradients.block(ParameterBlock::table).data(), watched_.data(),
                                          watched_.size(), found_.data()});
        return scale;
    }

    /// The first step whose losses or gradients were not finite. Waits for the policy.
    NotFinite not_finite([[maybe_unused]] P& on) const {
        NotFinite found;
        // A policy without memory has found nothing.
        if constexpr (!std::is_same_v<typename P::Space, space::Nowhere>) on.download(found_.list(), &found);
        return found;
    }

private:
    double norm_ = 0;
    std::vector<TrainedRange> ranges_;
    Block<Scalar, P> scale_;  ///< sum of squares, scale
    Block<NotFinite, P> found_;
    Block<WatchedRange, P> watched_;
    std::vector<List<const Scalar, typename P::Space>> slopes_;  ///< gradients of the groups that learn
};

}  // namespace coco
