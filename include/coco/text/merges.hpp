// SPDX-License-Identifier: Apache-2.0
/// \file
/// Byte-pair encoding (Sennrich et al., ACL 2016): neighbours are merged in the order in which the merges
/// were learnt, the leftmost first among equals, until none of the merges applies.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

#include <coco/core/config.hpp>

namespace coco::text {

/// Which pairs of tokens merge, into what, and which first. Ids are 0 or above.
class Merges {
public:
    /// Adds the next merge, behind all that were added before. \returns false if the pair was there already
    bool add(Id left, Id right, Id merged) {
        return table_.emplace(key(left, right), Merge{static_cast<Id>(table_.size()), merged}).second;
    }

    std::size_t size() const { return table_.size(); }
    void reserve(std::size_t merges) { table_.reserve(merges); }

    /// Merges neighbours in `ids` until none merge. n log n in its length: symbols are a linked list, and
    /// candidates wait in a heap, where those overtaken by another merge are recognised and dropped.
    void apply(std::vector<Id>& ids) const {
        const Id count = static_cast<Id>(ids.size());
        std::vector<Symbol> list(ids.size());
        std::vector<Candidate> heap;
        for (Id i = 0; i < count; ++i) list[at(i)] = {ids[at(i)], i - 1, i + 1 < count ? i + 1 : no_id};
        const auto consider = [&](Id left) {
            if (left == no_id || list[at(left)].next == no_id) return;
            const Id right = list[at(left)].next;
            const auto found = table_.find(key(list[at(left)].id, list[at(right)].id));
            if (found == table_.end()) return;
            heap.push_back(
                {found->second.rank, left, list[at(left)].id, list[at(right)].id, found->second.merged});
            std::push_heap(heap.begin(), heap.end(), std::greater<>());
        };
        for (Id i = 0; i + 1 < count; ++i) consider(i);
        while (!heap.empty()) {
            const Candidate best = heap.front();
            std::pop_heap(heap.begin(), heap.end(), std::greater<>());
            heap.pop_back();
            Symbol& left = list[at(best.at)];
            if (left.id != best.left || left.next == no_id || list[at(left.next)].id != best.right) continue;
            Symbol& right = list[at(left.next)];
            left.id = best.merged;
            left.next = right.next;
            right.id = no_id;
            if (left.next != no_id) list[at(left.next)].previous = best.at;
            consider(left.previous);
            consider(best.at);
        }
        ids.clear();
        for (Id i = count > 0 ? 0 : no_id; i != no_id; i = list[at(i)].next) ids.push_back(list[at(i)].id);
    }

private:
    struct Merge {
        Id rank, merged;
    };
    struct Symbol {
        Id id, previous, next;
    };
    struct Candidate {
        Id rank, at, left, right, merged;
        bool operator>(const Candidate& other) const {
            return std::tie(rank, at) > std::tie(other.rank, other.at);
        }
    };

    static std::size_t at(Id index) { return static_cast<std::size_t>(index); }
    static std::uint64_t key(Id left, Id right) {
        return static_cast<std::uint64_t>(static_cast<std::uint32_t>(left)) << 32 |
               static_cast<std::uint32_t>(right);
    }

    std::unordered_map<std::uint64_t, Merge> table_;
};

}  // namespace coco::text
