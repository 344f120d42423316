// SPDX-License-Identifier: Apache-2.0
/// \file
/// Byte-pair encoding (Sennrich et al., ACL 2016): neighbours are merged in the order in which the merges
/// were learnt, the leftmost first for equal rank, until no merge applies.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <vector>

#include <coco/core/types.hpp>

namespace coco::text {

/// The table of merges: pairs of tokens, the merged token and the rank. Ids are 0 or above.
class Merges {
public:
    /// Adds the next merge, with a rank after all earlier ones. \returns false if the pair is already present
    bool add(Id left, Id right, Id merged) { return add(left, right, merged, static_cast<Id>(count_)); }

    /// The same with an explicit rank; several pairs may share a rank if they give the same token.
    bool add(Id left, Id right, Id merged, Id rank) {
        if (2 * (count_ + 1) > entries_.size()) grow(std::max<std::size_t>(16, 2 * entries_.size()));
        Entry& entry = entries_[entry_of(key(left, right))];
        if (entry.key != none) return false;
        entry = {key(left, right), {rank, merged}};
        ++count_;
        return true;
    }

    std::size_t size() const { return count_; }
    void reserve(std::size_t merges) {
        std::size_t slots = 16;
        while (slots < 2 * merges) slots *= 2;
        if (slots > entries_.size()) grow(slots);
    }

    /// Merges neighbours in `ids` until no merge applies. O(n log n) in the length n.
    void apply(std::vector<Id>& ids) const {
        if (ids.size() <= short_word)
            apply_to_short(ids);
        else
            apply_to_long(ids);
    }

private:
    static constexpr std::uint64_t none = ~std::uint64_t{0};
    static constexpr Id never = std::numeric_limits<Id>::max();
    static constexpr std::size_t short_word = 32;

    struct Merge {
        Id rank, merged;
    };
    struct Entry {
        std::uint64_t key = none;
        Merge merge{never, no_id};
    };
    struct Symbol {
        Id id, previous, next;
    };
    /// Searches for the best pair again after each merge: quadratic, but for at most `short_word` symbols.
    void apply_to_short(std::vector<Id>& ids) const {
        if (ids.size() < 2) return;
        std::array<Merge, short_word> with_next;
        std::size_t pairs = ids.size() - 1;
        for (std::size_t i = 0; i < pairs; ++i) with_next[i] = merge_of(ids[i], ids[i + 1]);
        while (pairs > 0) {
            std::size_t best = 0;
            for (std::size_t i = 1; i < pairs; ++i)
                if (with_next[i].rank < with_next[best].rank) best = i;
            if (with_next[best].rank == never) break;
            ids[best] = with_next[best].merged;
            --pairs;
            for (std::size_t i = best + 1; i <= pairs; ++i) ids[i] = ids[i + 1];
            for (std::size_t i = best; i < pairs; ++i) with_next[i] = with_next[i + 1];
            if (best < pairs) with_next[best] = merge_of(ids[best], ids[best + 1]);
            if (best > 0) with_next[best - 1] = merge_of(ids[best - 1], ids[best]);
        }
        ids.resize(pairs + 1);
    }

    /// Symbols form a linked list. A candidate is one number, with the rank above the position. A candidate
    /// that another merge made obsolete is recognised, because the rank at its position has changed, and
    /// dropped. Candidates wait in a sorted list; new ones are collected in a heap, which becomes the next
    /// list when the list is used up. In a run of one repeated letter no candidate is ever popped from the
    /// heap, which keeps long runs linear.
    void apply_to_long(std::vector<Id>& ids) const {
        const Id count = static_cast<Id>(ids.size());
        std::vector<Symbol> list(ids.size());
        for (Id i = 0; i < count; ++i) list[at(i)] = {ids[at(i)], i - 1, i + 1 < count ? i + 1 : no_id};
        const auto merge_at = [&](Id place) {
            const Symbol& symbol = list[at(place)];
            const bool single = symbol.id == no_id || symbol.next == no_id;
            return single ? Merge{never, no_id} : merge_of(symbol.id, list[at(symbol.next)].id);
        };
        std::vector<std::uint64_t> waiting, heap;
        for (Id i = 0; i < count; ++i)
            if (const Id rank = merge_at(i).rank; rank != never) heap.push_back(key(rank, i));
        const auto consider = [&](Id place) {
            const Id rank = place == no_id ? never : merge_at(place).rank;
            if (rank == never) return;
            heap.push_back(key(rank, place));
            std::push_heap(heap.begin(), heap.end(), std::greater<>());
        };
        for (std::size_t next = 0; next < waiting.size() || !heap.empty();) {
            std::uint64_t best = 0;
            if (next == waiting.size()) {
                waiting.swap(heap);
                heap.clear();
                next = 0;
                if (!std::is_sorted(waiting.begin(), waiting.end()))
                    std::sort(waiting.begin(), waiting.end());
            }
            if (heap.empty() || waiting[next] < heap.front()) {
                best = waiting[next++];
            } else {
                best = heap.front();
                std::pop_heap(heap.begin(), heap.end(), std::greater<>());
                heap.pop_back();
            }
            const auto place = static_cast<Id>(best & 0xFFFFFFFFu), rank = static_cast<Id>(best >> 32);
            const Merge merge = merge_at(place);
            if (merge.rank != rank) continue;
            Symbol& left = list[at(place)];
            Symbol& right = list[at(left.next)];
            left.id = merge.merged;
            left.next = right.next;
            right.id = no_id;
            if (left.next != no_id) list[at(left.next)].previous = place;
            consider(left.previous);
            consider(place);
        }
        ids.clear();
        for (Id i = count > 0 ? 0 : no_id; i != no_id; i = list[at(i)].next) ids.push_back(list[at(i)].id);
    }

    static std::size_t at(Id index) { return static_cast<std::size_t>(index); }
    static std::uint64_t key(Id left, Id right) {
        return static_cast<std::uint64_t>(static_cast<std::uint32_t>(left)) << 32 |
               static_cast<std::uint32_t>(right);
    }

    Merge merge_of(Id left, Id right) const {
        return entries_.empty() ? Merge{never, no_id} : entries_[entry_of(key(left, right))].merge;
    }
    /// The slot of a key, or the free slot for it. At most half of the slots are used.
    std::size_t entry_of(std::uint64_t wanted) const {
        const std::size_t mask = entries_.size() - 1;
        const std::uint64_t mixed = (wanted ^ (wanted >> 29)) * 0x9E3779B97F4A7C15u;
        std::size_t entry = static_cast<std::size_t>(mixed >> 32) & mask;
        while (entries_[entry].key != none && entries_[entry].key != wanted) entry = (entry + 1) & mask;
        return entry;
    }
    void grow(std::size_t slots) {
        std::vector<Entry> old(slots);
        old.swap(entries_);
        for (const Entry& entry : old)
            if (entry.key != none) entries_[entry_of(entry.key)] = entry;
    }

    std::vector<Entry> entries_;  // size is a power of two; linear probing
    std::size_t count_ = 0;
};

}  // namespace coco::text
