// SPDX-License-Identifier: Apache-2.0
/// \file
/// Batches for tests, packed from histories that are given in full.
#pragma once

#include <algorithm>
#include <span>
#include <vector>

#include <coco/core/random.hpp>
#include <coco/nn/sequence.hpp>
#include <coco/store/workspace.hpp>

namespace coco::conformance {

/// The items of a user, oldest first. Row keys are derived from `key`, so that they move with the history.
struct History {
    std::vector<Id> item;
    Id key = 0;
};

/// Histories with `rows` items in total, among them an empty one and one of a single item; none is longer
/// than `longest`.
inline std::vector<History> histories(Index rows, Index items, Index longest, std::uint64_t seed = 1) {
    const Index pattern[] = {3, 1, 0, 5, 2, 17, 8};
    RandomStream random(seed, 0xB47);
    std::vector<History> all;
    for (std::size_t s = 0; rows > 0; ++s) {
        const Index n = std::min({rows, longest, pattern[s % std::size(pattern)]});
        History h;
        for (Index i = 0; i < n; ++i)
            h.item.push_back(static_cast<Id>(random.below(static_cast<std::uint32_t>(items))));
        h.key = static_cast<Id>(s);
        all.push_back(h);
        rows -= n;
    }
    return all;
}

/// Copies host numbers into memory that lives until the workspace is reset, and uploads them.
template <class P>
Ids<P> ids(P& on, Workspace<P>& work, std::span<const Id> from) {
    const std::span<Id> to = work.numbers(static_cast<Index>(from.size()));
    std::copy(from.begin(), from.end(), to.begin());
    return on.upload(std::span<const Id>(to), work);
}

/// Uploads the segments with the given offsets.
template <class P>
Segments<P> segments(P& on, Workspace<P>& work, const Offsets& offsets) {
    const std::span<Id> to = work.numbers(static_cast<Index>(offsets.at.size()));
    std::copy(offsets.at.begin(), offsets.at.end(), to.begin());
    return {to, on.upload(std::span<const Id>(to), work), offsets.longest()};
}

/// The inverse index of gathering `from` out of a table of `rows`.
template <class P>
Inverse<P> inverse(P& on, Workspace<P>& work, std::span<const Id> from, Index rows) {
    InverseLists lists;
    lists.build(from, rows);
    Offsets offsets;
    offsets.at = lists.offsets;
    return {ids(on, work, lists.id), segments(on, work, offsets), ids(on, work, lists.place)};
}

/// Packs histories; positions count from the most recent.
template <class P>
Sequence<P> sequence(P& on, Workspace<P>& work, const std::vector<History>& all, Index items, Index window) {
    Offsets offsets;
    std::vector<Id> item, position, key;
    for (const History& h : all) {
        const Id n = static_cast<Id>(h.item.size());
        offsets.push(n);
        for (Id i = 0; i < n; ++i) {
            item.push_back(h.item[static_cast<std::size_t>(i)]);
            position.push_back(n - 1 - i);
            key.push_back(h.key * 1000 + i);
        }
    }
    Sequence<P> s;
    s.segments = segments(on, work, offsets);
    s.item = ids(on, work, item);
    s.by_item = inverse(on, work, item, items);
    s.position = ids(on, work, position);
    s.by_position = inverse(on, work, position, window);
    s.row_key = ids(on, work, key);
    return s;
}

}  // namespace coco::conformance
