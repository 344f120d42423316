// SPDX-License-Identifier: Apache-2.0
/// \file
/// The conformance test of a sampler: its batches are a function of epoch and step, whatever was asked for
/// before, none is larger than it says, and all that they name exists.
///
///     TEST_CASE("...") { coco::conformance::sampler<MySampler>(); }
#pragma once

#include <algorithm>
#include <vector>

#include <coco/sampling/sampler.hpp>

#include "catch.hpp"

namespace coco::conformance {

/// Histories of 0 to 23 items of a catalogue.
inline data::Interactions sampled_people(Index items) {
    data::Interactions train;
    RandomStream random(17);
    for (const Index length : {7, 2, 0, 23, 1, 4, 11, 3, 9, 16, 5, 2}) {
        std::vector<Id> all;
        for (Index i = 0; i < length; ++i)
            all.push_back(static_cast<Id>(random.below(static_cast<std::uint32_t>(items))));
        train.add(all);
    }
    return train;
}

/// Rows, targets and ids of a batch are within the batch and the catalogue.
/// \param items  rows of the item table: more than the catalogue where the sampler has a mask of its own
inline void check_batch(const HostBatch& b, Index items) {
    CHECK(b.segments.rows() == b.rows());
    CHECK(b.position.size() == b.item.size());
    CHECK(b.row_key.size() == b.item.size());
    CHECK(b.target_item.size() == b.target_row.size());
    CHECK(b.targets_of.rows() == b.targets());
    CHECK(b.group_of_segment.size() == static_cast<std::size_t>(b.targets_of.count()));
    const auto within = [](const std::vector<Id>& ids, Index end, Id least = 0) {
        return std::all_of(ids.begin(), ids.end(), [=](Id id) { return id >= least && id < end; });
    };
    CHECK(within(b.item, items, no_id));  // of a masked row
    CHECK(within(b.target_item, items));
    CHECK(within(b.target_row, b.rows()));
}

/// The whole conformance test. \param more_items  rows of the item table behind the catalogue's
template <class S>
void sampler(const Sampling& sampling = {}, Index more_items = 0) {
    static_assert(explain_sampler<S>());
    constexpr Index items = 40;
    const data::Interactions train = sampled_people(items);
    constexpr bool masks = sampling::masks_items<S>;
    const SamplerParts parts{7, {64, 4}, 4, BatchBuilder(sampling, items, masks), nullptr, nullptr};
    HostBatch largest, b;
    const auto same = [](const HostBatch& x, const HostBatch& y) {
        return x.item == y.item && x.position == y.position && x.row_key == y.row_key &&
               x.target_row == y.target_row && x.target_item == y.target_item;
    };
    S one(parts), two(parts);
    one.prepare(largest, train);
    two.prepare(b, train);
    REQUIRE(largest.targets() > 0);
    CHECK(same(largest, b));
    const double room = sampling::room_of<S>;
    bool differs = false;
    std::vector<HostBatch> first;
    for (const Index epoch : {0, 1, 5}) {
        const Index count = one.begin_epoch(epoch);
        REQUIRE(count >= 1);
        for (Index n = 0; n < count; ++n) {
            const std::uint64_t step = static_cast<std::uint64_t>(epoch * 100 + n);
            one.fill(b, train, n, step);
            check_batch(b, items + more_items);
            CHECK(static_cast<double>(b.rows()) <= room * static_cast<double>(largest.rows()));
            CHECK(static_cast<double>(b.targets()) <= room * static_cast<double>(largest.targets()));
            if (epoch == 0)
                first.push_back(b);
            else if (n < static_cast<Index>(first.size()))
                differs = differs || !same(b, first[static_cast<std::size_t>(n)]);
        }
    }
    CHECK(differs);
    // A run that goes on in the middle of an epoch: another object, prepared anew, asked for one batch alone.
    two.begin_epoch(3);
    REQUIRE(two.begin_epoch(0) == static_cast<Index>(first.size()));
    for (Index n = static_cast<Index>(first.size()); n-- > 0;) {
        two.fill(b, train, n, static_cast<std::uint64_t>(n));
        CHECK(same(b, first[static_cast<std::size_t>(n)]));
    }
    // Without a sample there is no batch.
    S empty(parts);
    empty.prepare(b, data::Interactions());
    CHECK(b.rows() == 0);
    CHECK(empty.begin_epoch(0) == 0);
}

}  // namespace coco::conformance
