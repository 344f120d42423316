// SPDX-License-Identifier: Apache-2.0
/// \file
/// A batch of histories on the host: packed rows, targets, groups and their texts.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <iterator>
#include <span>
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
    InverseLists by_row, by_target_item, by_negative, by_shared;
    std::vector<Id> shared, shared_weight;  ///< one per negative that all targets share
    std::vector<Id> target_weight;          ///< one per target, where there are such negatives
    Index shared_total = 1;                 ///< of which the weights are parts
    std::vector<Id> touched;                ///< items, where a step touches few
    Offsets targets_of;                     ///< query segments: targets that share the same knowledge
    std::vector<Id> group_of_segment;       ///< the group whose knowledge is used, or -1 for none
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
        for (InverseLists* l : {&by_item, &by_position, &by_row, &by_target_item, &by_negative, &by_shared})
            for (std::vector<Id>* v : {&l->id, &l->offsets, &l->place}) more(*v);
        for (std::vector<Id>* v : {&touched, &before_}) more(*v);
    }

    /// Builds what training needs in addition: inverse lists for gradients, and each target's own index.
    /// \param items, window  sizes of the item and position tables
    void finish(Index items, Index window) {
        by_item.build(item, items);
        by_position.build(position, window);
        by_row.build(target_row, rows());
        by_target_item.build(target_item, items);
        by_negative.build(negative, items);
        self.resize(target_row.size());
        for (std::size_t t = 0; t < self.size(); ++t) self[t] = static_cast<Id>(t);
    }

    /// Lists in `touched` the items that get gradients where the loss is over targets and negatives alone,
    /// ascending.
    void touch() {
        touched.clear();
        for (const InverseLists* lists : {&by_item, &by_target_item, &by_negative, &by_shared}) {
            before_.swap(touched);
            touched.clear();
            std::set_union(before_.begin(), before_.end(), lists->id.begin(), lists->id.end(),
                           std::back_inserter(touched));
        }
    }

    /// Lists for each target the other targets that are not its negatives: targets of the same owner and
    /// targets with the same item.
    void exclude() {
        excluded_of.clear();
        excluded.clear();
        of_owner_.build(owner);
        of_item_.build(target_item);
        for (std::size_t t = 0; t < owner.size(); ++t) {
            const std::size_t before = excluded.size();
            const std::span<const Id> same_owner = of_owner_.beside(t), same_item = of_item_.beside(t);
            std::set_union(same_owner.begin(), same_owner.end(), same_item.begin(), same_item.end(),
                           std::back_inserter(excluded));
            excluded.erase(std::find(excluded.begin() + static_cast<std::ptrdiff_t>(before), excluded.end(),
                                     static_cast<Id>(t)));
            excluded_of.push(static_cast<Index>(excluded.size() - before));
        }
    }

private:
    /// The targets that have the same value, for each target.
    struct Alike {
        InverseLists lists;
        std::vector<Id> list_of;

        void build(std::span<const Id> value) {
            lists.build(value, value.empty() ? 0 : *std::max_element(value.begin(), value.end()) + 1);
            list_of.resize(value.size());
            for (std::size_t s = 0; s < lists.id.size(); ++s)
                for (Id k = lists.offsets[s]; k < lists.offsets[s + 1]; ++k)
                    list_of[static_cast<std::size_t>(lists.place[static_cast<std::size_t>(k)])] =
                        static_cast<Id>(s);
        }
        /// Ascending, with the target itself.
        std::span<const Id> beside(std::size_t target) const {
            const auto s = static_cast<std::size_t>(list_of[target]);
            return std::span<const Id>(lists.place)
                .subspan(static_cast<std::size_t>(lists.offsets[s]),
                         static_cast<std::size_t>(lists.offsets[s + 1] - lists.offsets[s]));
        }
    };

    Alike of_owner_, of_item_;
    std::vector<Id> before_;

    std::array<std::vector<Id>*, 16> lists() {
        return {&item,      &position, &row_key,          &target_row,   &target_item, &owner,
                &negative,  &self,     &group_of_segment, &excluded,     &query_row,   &token,
                &group_key, &shared,   &shared_weight,    &target_weight};
    }
};

}  // namespace coco
