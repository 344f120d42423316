// SPDX-License-Identifier: Apache-2.0
/// \file
/// The one shape of a batch: packed rows plus offsets. Segment s holds rows offsets[s] .. offsets[s+1]-1;
/// there is no padding anywhere. Shapes are known on the host, so kernels are launched without asking.
#pragma once

#include <algorithm>
#include <span>
#include <vector>

#include <coco/core/config.hpp>
#include <coco/store/view.hpp>

namespace coco {

/// Segments of packed rows as a policy sees them. Two views of the same numbers, `count()+1` of them: one
/// where the host reads shapes, one where kernels run.
template <class P>
struct Segments {
    std::span<const Id> host;
    Ids<P> offsets;
    Index longest = 0;

    Index count() const { return host.empty() ? 0 : static_cast<Index>(host.size()) - 1; }
    Index rows() const { return host.empty() ? 0 : host.back(); }
    Index begin(Index s) const { return host[static_cast<std::size_t>(s)]; }
    Index end(Index s) const { return host[static_cast<std::size_t>(s) + 1]; }
    Index length(Index s) const { return end(s) - begin(s); }
};

/// The inverse of a gather: for every distinct row that was read, the places that read it. Made with the
/// batch, on the host, so that the gradient of a gather is a segmented sum: deterministic, without atomics.
template <class P>
struct Inverse {
    Ids<P> id;              ///< distinct rows that were read, ascending
    Segments<P> places_of;  ///< for each of them, a stretch of `place`
    Ids<P> place;           ///< places in the gathered list, ascending within a stretch
};

/// Owned offsets on the host: grows segment by segment.
struct Offsets {
    std::vector<Id> at{0};

    void clear() { at.assign(1, 0); }
    void push(Index length) { at.push_back(static_cast<Id>(at.back() + length)); }
    Index count() const { return static_cast<Index>(at.size()) - 1; }
    Index rows() const { return at.back(); }
    Index longest() const {
        Id most = 0;
        for (std::size_t s = 0; s + 1 < at.size(); ++s) most = std::max(most, at[s + 1] - at[s]);
        return most;
    }
};

/// Owned inverse on the host.
struct InverseLists {
    std::vector<Id> id, offsets, place;

    /// Rebuilds from the gathered ids, each in 0 .. rows-1 or -1 (skipped). A counting sort: linear, and
    /// nothing is allocated once the vectors have grown to the largest batch.
    void build(std::span<const Id> gathered, Index rows) {
        count_.assign(static_cast<std::size_t>(rows) + 1, 0);
        for (const Id r : gathered)
            if (r >= 0) ++count_[static_cast<std::size_t>(r) + 1];
        id.clear();
        offsets.clear();
        offsets.push_back(0);
        for (Index r = 0; r < rows; ++r) {
            const Id n = count_[static_cast<std::size_t>(r) + 1];
            if (n == 0) continue;
            id.push_back(static_cast<Id>(r));
            count_[static_cast<std::size_t>(r) + 1] = offsets.back();
            offsets.push_back(offsets.back() + n);
        }
        place.resize(static_cast<std::size_t>(offsets.back()));
        for (std::size_t k = 0; k < gathered.size(); ++k)
            if (gathered[k] >= 0)
                place[static_cast<std::size_t>(count_[static_cast<std::size_t>(gathered[k]) + 1]++)] =
                    static_cast<Id>(k);
    }

private:
    std::vector<Id> count_;
};

}  // namespace coco
