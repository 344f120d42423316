// SPDX-License-Identifier: Apache-2.0
/// \file
/// The shape of every batch: packed rows plus offsets. Segment s holds rows offsets[s] .. offsets[s+1]-1;
/// there is no padding. Shapes are known on the host, so kernels are launched without a read-back.
#pragma once

#include <algorithm>
#include <span>
#include <vector>

#include <coco/core/types.hpp>
#include <coco/store/view.hpp>

namespace coco {

/// Segments of packed rows, as a policy takes them. Two views of the same `count()+1` offsets: one in host
/// memory, where shapes are read, and one where kernels run. Where segments may grow, gaps follow them: then
/// `ends` holds where each segment ends, and `offsets` only where it begins.
template <class P>
struct Segments {
    std::span<const Id> host;
    Ids<P> offsets;
    Index longest = 0;
    std::span<const Id> host_ends = {};
    Ids<P> ends = {};

    Index count() const { return host.empty() ? 0 : static_cast<Index>(host.size()) - 1; }
    Index rows() const { return host.empty() ? 0 : host.back(); }
    Index begin(Index s) const { return host[static_cast<std::size_t>(s)]; }
    Index end(Index s) const {
        const auto at = static_cast<std::size_t>(s);
        return host_ends.empty() ? host[at + 1] : host_ends[at];
    }
    Index length(Index s) const { return end(s) - begin(s); }
};

/// The inverse of a gather: for every distinct row that was read, the positions that read it. Made with the
/// batch, on the host, so that the gradient of a gather is a segmented sum: deterministic, without atomics.
template <class P>
struct Inverse {
    Ids<P> id;              ///< distinct rows that were read, ascending
    Segments<P> places_of;  ///< for each of them, a segment of `place`
    Ids<P> place;           ///< positions in the gathered list, ascending within a segment
};

/// Owned offsets on the host; they grow segment by segment.
struct Offsets {
    std::vector<Id> at{0};

    void clear() { at.assign(1, 0); }
    void push(Index length) { at.push_back(static_cast<Id>(at.back() + length)); }
    Index count() const { return static_cast<Index>(at.size()) - 1; }
    Index rows() const { return at.back(); }
    Index longest() const {
        Id maximum = 0;
        for (std::size_t s = 0; s + 1 < at.size(); ++s) maximum = std::max(maximum, at[s + 1] - at[s]);
        return maximum;
    }
};

/// The counting sort that inverts a gather of rows 0 .. rows-1 (-1 is skipped), in linear time. The caller
/// provides the memory: `start` and `offsets` of rows + 1, `id` of rows, `place` as long as `gathered`.
/// \return  the number n of distinct rows that were read: the first n of `id`, the first n + 1 of `offsets`
///        and the first offsets[n] of `place` hold the inverse
inline Index invert(std::span<const Id> gathered, Index rows, std::span<Id> start, std::span<Id> id,
                    std::span<Id> offsets, std::span<Id> place) {
    std::fill(start.begin(), start.end(), 0);
    for (const Id r : gathered)
        if (r >= 0) ++start[static_cast<std::size_t>(r) + 1];
    std::size_t distinct = 0;
    offsets[0] = 0;
    for (std::size_t r = 0; r < static_cast<std::size_t>(rows); ++r) {
        const Id count = start[r + 1];
        if (count == 0) continue;
        start[r + 1] = offsets[distinct];
        id[distinct] = static_cast<Id>(r);
        offsets[distinct + 1] = offsets[distinct] + count;
        ++distinct;
    }
    for (std::size_t k = 0; k < gathered.size(); ++k)
        if (gathered[k] >= 0)
            place[static_cast<std::size_t>(start[static_cast<std::size_t>(gathered[k]) + 1]++)] =
                static_cast<Id>(k);
    return static_cast<Index>(distinct);
}

/// Owned inverse on the host.
struct InverseLists {
    std::vector<Id> id, offsets, place;

    /// Rebuilds from the gathered ids, each in 0 .. rows-1 or -1 (skipped). Nothing is allocated once the
    /// vectors have grown to the largest batch. The time is that of a sort of `gathered` where that is the
    /// shorter of the two, so that it does not depend on `rows`.
    void build(std::span<const Id> gathered, Index rows) {
        const std::size_t n = static_cast<std::size_t>(rows);
        if (n > 16 * gathered.size()) return sort(gathered);
        start_.resize(n + 1);
        id.resize(n);
        offsets.resize(n + 1);
        place.resize(gathered.size());
        const std::size_t distinct =
            static_cast<std::size_t>(invert(gathered, rows, start_, id, offsets, place));
        id.resize(distinct);
        offsets.resize(distinct + 1);
        place.resize(static_cast<std::size_t>(offsets.back()));
    }

private:
    void sort(std::span<const Id> gathered) {
        place.clear();
        for (std::size_t k = 0; k < gathered.size(); ++k)
            if (gathered[k] >= 0) place.push_back(static_cast<Id>(k));
        const auto row = [&](Id k) { return gathered[static_cast<std::size_t>(k)]; };
        std::sort(place.begin(), place.end(),
                  [&](Id a, Id b) { return row(a) != row(b) ? row(a) < row(b) : a < b; });
        id.clear();
        offsets.clear();
        for (std::size_t k = 0; k < place.size(); ++k)
            if (k == 0 || row(place[k]) != id.back()) {
                id.push_back(row(place[k]));
                offsets.push_back(static_cast<Id>(k));
            }
        offsets.push_back(static_cast<Id>(place.size()));
    }

    std::vector<Id> start_;
};

}  // namespace coco
