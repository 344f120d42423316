// SPDX-License-Identifier: Apache-2.0
/// \file
/// A batch of histories on the host: packed rows, targets, groups and their texts.
#pragma once

#include <algorithm>
#include <array>
#include <vector>

#include <coco/core/types.hpp>
#include <coco/store/ragged.hpp>

namespace coco {

/// A batch under construction. Vectors keep their capacity, so nothing is allocated after the largest batch.
struct HostBatch {
    Offsets segments;                         ///< histories
    std::vector<Id> item, position, row_key;  ///< one per row
    InverseLists by_item, by_position;

    std::vector<Id> target_row, target_item, owner, negative, self;  ///< one per target
    InverseLists by_row, by_target_item, by_negative;
    Offsets targets_of;                ///< query segments: targets that share the same knowledge
    std::vector<Id> group_of_segment;  ///< the group whose knowledge is used, or -1 for none
    Offsets excluded_of;
    std::vector<Id> excluded;

    std::vector<Id> query_row;  ///< per group: the row whose vector selects prompts
    std::vector<Id> group_key;  ///< per group: keys the random bits of its text
    Offsets text_of;
    std::vector<Id> token;

    Index rows() const { return static_cast<Index>(item.size()); }
    Index targets() const { return static_cast<Index>(target_row.size()); }
    Index groups() const { return static_cast<Index>(query_row.size()); }

    void clear() {
        segments.clear();
        targets_of.clear();
        excluded_of.clear();
        text_of.clear();
        for (std::vector<Id>* v : lists()) v->clear();
    }

    /// Reserves capacity for batches `factor` times as large as this one, so that they allocate nothing.
    void reserve(double factor) {
        const auto more = [factor](std::vector<Id>& v) {
            v.reserve(static_cast<std::size_t>(factor * static_cast<double>(v.size())) + 1);
        };
        for (std::vector<Id>* v : lists()) more(*v);
        for (Offsets* o : {&segments, &targets_of, &excluded_of, &text_of}) more(o->at);
        for (InverseLists* l : {&by_item, &by_position, &by_row, &by_target_item, &by_negative})
            for (std::vector<Id>* v : {&l->id, &l->offsets, &l->place}) more(*v);
    }

    /// Builds what training needs in addition: inverse lists for gradients, and each target's own index.
    /// \param items, window  sizes of the item and position tables
    void finish(Index items, Index window) {
        by_item.build(item, items);
        by_position.build(position, window);
        by_row.build(target_row, rows());
        by_target_item.build(target_item, items);
        if (!negative.empty()) by_negative.build(negative, items);
        self.resize(target_row.size());
        for (std::size_t t = 0; t < self.size(); ++t) self[t] = static_cast<Id>(t);
    }

    /// Lists for each target the other targets that are not its negatives: targets of the same owner and
    /// targets with the same item.
    void exclude() {
        excluded_of.clear();
        excluded.clear();
        for (std::size_t t = 0; t < owner.size(); ++t) {
            Index count = 0;
            for (std::size_t o = 0; o < owner.size(); ++o)
                if (o != t && (owner[o] == owner[t] || target_item[o] == target_item[t])) {
                    excluded.push_back(static_cast<Id>(o));
                    ++count;
                }
            excluded_of.push(count);
        }
    }

private:
    std::array<std::vector<Id>*, 13> lists() {
        return {&item, &position,         &row_key,  &target_row, &target_item, &owner,    &negative,
                &self, &group_of_segment, &excluded, &query_row,  &token,       &group_key};
    }
};

}  // namespace coco
