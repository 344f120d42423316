// SPDX-License-Identifier: Apache-2.0
/// \file
/// Builds batches from histories: behaviour samples, joint groups, and evaluation or serving cases. Host code
/// and plain values: the kind of samples is a setting, not a type.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include <coco/core/error.hpp>
#include <coco/core/random.hpp>
#include <coco/core/setting_list.hpp>
#include <coco/data/interactions.hpp>
#include <coco/sampling/host_batch.hpp>
#include <coco/sampling/known_items.hpp>
#include <coco/sampling/negatives.hpp>
#include <coco/sampling/samples.hpp>
#include <coco/sampling/settings.hpp>
#include <coco/text/history.hpp>

namespace coco {

/// Fills host batches. Holds no batch itself; const and re-entrant.
class BatchBuilder {
public:
    /// \param masks_items  the backbone has a vector for masked items: what a history is continued with, or a
    /// prefix, is then a masked row behind it (`no_id`), and that row predicts
    /// \throws Error naming the setting that is out of range
    BatchBuilder(const Sampling& sampling, Index items, bool masks_items = false)
        : sampling_(sampling), items_(items), masks_items_(masks_items) {
        check_settings(sampling, "sampling");
        require(!masks_items || sampling.window >= 2, "sampling.window", "has no room for a masked item",
                "at least 2", text_of(sampling.window));
    }

    const Sampling& sampling() const { return sampling_; }
    Index items() const { return items_; }
    bool masks_items() const { return masks_items_; }

    /// Behaviour samples of the train histories.
    /// \param negatives  where the loss uses sampled negatives, else null     \param step  keys the draws
    void behaviour(HostBatch& b, const data::Interactions& train, std::span<const sampling::Sample> samples,
                   const sampling::Negatives* negatives, std::uint64_t seed, std::uint64_t step) const {
        b.clear();
        for (const sampling::Sample& s : samples) {
            const std::span<const Id> all = train.of(s.user);
            query(b, s.user, all, s.begin, s.end);
            require(!masks_items_ || s.targets() == 1, "samples",
                    "a masked row behind a history predicts one item", "samples by prefixes", "by positions");
            for (Index t = s.first_target; t < s.end; ++t)
                target(b, s.user, b.rows() - s.end + t, followed_by(all, t, b.targets(), seed, step),
                       negatives, seed, step);
        }
        b.targets_of.push(b.targets());
        b.group_of_segment.push_back(no_id);
        b.finish(items_, sampling_.window);
    }

    /// Windows of train items of which some are masked: a masked row predicts its own item from those on both
    /// sides (Sun et al., CIKM 2019). Each item is masked by itself, with the chance `Sampling::masked`, or
    /// the newest alone in a share `Sampling::only_last` of the windows; one is masked in each. The choice is
    /// drawn by (seed, epoch, user, window).
    /// \param windows  whose items begin .. end-1 are all read
    void cloze(HostBatch& b, const data::Interactions& train, std::span<const sampling::Sample> windows,
               const sampling::Negatives* negatives, std::uint64_t seed, std::uint64_t epoch,
               std::uint64_t step) const {
        b.clear();
        for (const sampling::Sample& s : windows) {
            const std::span<const Id> all = train.of(s.user);
            const Index first = b.rows(), n = s.rows();
            segment(b, s.user, all, s.begin, s.end);
            RandomStream random(seed, (std::uint64_t{0x636c6f7a65} << 24) ^ (epoch << 44) ^
                                          (static_cast<std::uint64_t>(s.begin) << 32) ^
                                          static_cast<std::uint64_t>(s.user));
            const bool last = random.uniform() < sampling_.only_last;
            const Index certain = last ? n - 1 : random.below(static_cast<std::uint32_t>(n));
            const Index before = b.targets();
            for (Index i = 0; i < n; ++i)
                if (!last && random.uniform() < sampling_.masked)
                    mask(b, s, all, first + i, negatives, seed, step);
            if (b.targets() == before) mask(b, s, all, first + certain, negatives, seed, step);
        }
        b.targets_of.push(b.targets());
        b.group_of_segment.push_back(no_id);
        b.finish(items_, sampling_.window);
    }

    /// Joint groups (user, cut): knowledge is extracted from the items before the cut only, and is used
    /// only for targets after it. The cut is uniform in 1 .. n-1, drawn by (seed, epoch, user). Cuts and
    /// targets are the same with and without text, so that a sequential recommender trains on the same
    /// data as a pipeline.
    /// \throws Error where a user has fewer than two train items
    void joint(HostBatch& b, const data::Interactions& train, std::span<const Id> users,
               const text::History* text, const sampling::Negatives* negatives, std::uint64_t seed,
               std::uint64_t epoch, std::uint64_t step) const {
        groups(b, train, users, seed, epoch, [&](Id user, std::span<const Id> all, RandomStream& random) {
            const Index cut = 1 + random.below(static_cast<std::uint32_t>(all.size() - 1));
            if (sampling_.samples != Samples::positions)
                prefixes(b, user, all, cut, text, negatives, random, step);
            else
                positions(b, user, all, cut, text, negatives, random, step);
        });
    }

    /// Groups of whole histories: knowledge is extracted from all train items but the newest, and used for
    /// that one, on whatever samples behaviour is trained. \throws Error where a user has fewer than two
    /// train items
    void held_back(HostBatch& b, const data::Interactions& train, std::span<const Id> users,
                   const text::History* text, const sampling::Negatives* negatives, std::uint64_t seed,
                   std::uint64_t epoch, std::uint64_t step) const {
        groups(b, train, users, seed, epoch, [&](Id user, std::span<const Id> all, RandomStream& random) {
            prefixes(b, user, all, static_cast<Index>(all.size()) - 1, text, negatives, random, step);
        });
    }

    /// A history to be continued: one segment, one target row, and its text if `text` is given.
    /// \param target  the item that followed, or -1 where it is unknown
    /// \throws Error where the history is empty, or an item is not in the catalogue
    void add_history(HostBatch& b, Id user, std::span<const Id> history, Id target,
                     const text::History* text) const {
        if (history.empty())
            throw Error(text_of("user ", user), "an empty history has nothing to be continued");
        sampling::require_known_items(history, items_, "history", user);
        if (target != no_id) sampling::require_known_items(std::span(&target, 1), items_, "target", user);
        const Index end = static_cast<Index>(history.size());
        query(b, user, history, std::max<Index>(0, end - sampling_.window), end);
        b.target_row.push_back(static_cast<Id>(b.rows() - 1));
        b.target_item.push_back(target);
        if (text) group(b, user, history, b.rows() - 1, *text);
        b.targets_of.push(1);
        b.group_of_segment.push_back(text ? static_cast<Id>(b.groups() - 1) : no_id);
    }

private:
    /// A batch of one group a user. \param each  (user, train items, random bits of epoch and user)
    template <class Each>
    void groups(HostBatch& b, const data::Interactions& train, std::span<const Id> users, std::uint64_t seed,
                std::uint64_t epoch, const Each& each) const {
        b.clear();
        for (const Id user : users) {
            const std::span<const Id> all = train.of(user);
            if (all.size() < 2)
                throw Error(text_of("user ", user), "no joint group", "at least 2 train items",
                            text_of(all.size()));
            RandomStream random(
                seed, (std::uint64_t{0x67726f7570} << 20) ^ (epoch << 40) ^ static_cast<std::uint64_t>(user));
            each(user, all, random);
        }
        b.exclude();
        b.finish(items_, sampling_.window);
    }

    static Id key_of(Id user, Index end, Index at) {
        std::uint64_t z = static_cast<std::uint64_t>(static_cast<std::uint32_t>(user)) * 0x9E3779B97F4A7C15u ^
                          static_cast<std::uint64_t>(end) * 0xBF58476D1CE4E5B9u ^
                          static_cast<std::uint64_t>(at) * 0x94D049BB133111EBu;
        z = (z ^ (z >> 31)) * 0xD6E8FEB86659FD93u;
        return static_cast<Id>(static_cast<std::uint32_t>(z >> 32));
    }

    /// Appends items begin .. end-1 of a history as a segment.
    void segment(HostBatch& b, Id user, std::span<const Id> all, Index begin, Index end) const {
        for (Index i = begin; i < end; ++i) {
            b.item.push_back(all[static_cast<std::size_t>(i)]);
            b.position.push_back(
                static_cast<Id>(sampling_.positions == Positions::recent ? end - 1 - i : i - begin));
            b.row_key.push_back(key_of(user, end, i));
        }
        b.segments.push(end - begin);
    }

    /// The same, so that its last row predicts: behind the items a masked row, where the backbone asks by
    /// one.
    void query(HostBatch& b, Id user, std::span<const Id> all, Index begin, Index end) const {
        if (!masks_items_) return segment(b, user, all, begin, end);
        const Index first = b.rows();
        begin = std::max(begin, end - (sampling_.window - 1));
        segment(b, user, all, begin, end);
        if (sampling_.positions == Positions::recent)
            for (Index row = first; row < b.rows(); ++row) ++b.position[static_cast<std::size_t>(row)];
        b.item.push_back(no_id);
        b.position.push_back(static_cast<Id>(sampling_.positions == Positions::recent ? 0 : end - begin));
        b.row_key.push_back(key_of(user, end, end));
        ++b.segments.at.back();
    }

    /// Makes a row of a window a target, and hides its item.
    void mask(HostBatch& b, const sampling::Sample& window, std::span<const Id> all, Index row,
              const sampling::Negatives* negatives, std::uint64_t seed, std::uint64_t step) const {
        const Index at = window.end - (b.rows() - row);
        target(b, window.user, row, all[static_cast<std::size_t>(at)], negatives, seed, step);
        b.item[static_cast<std::size_t>(row)] = no_id;
    }

    /// One of the next items after item t, at most `Sampling::future` of them, drawn by (seed, step, target).
    Id followed_by(std::span<const Id> all, Index t, Index target, std::uint64_t seed,
                   std::uint64_t step) const {
        const Index after = std::min(sampling_.future, static_cast<Index>(all.size()) - 1 - t);
        const Index skipped =
            after == 1 ? 0
                       : static_cast<Index>(below(
                             philox(seed, step,
                                    std::uint64_t{0x667574757265} << 16 | static_cast<std::uint64_t>(target)),
                             static_cast<std::uint64_t>(after)));
        return all[static_cast<std::size_t>(t + 1 + skipped)];
    }

    void target(HostBatch& b, Id user, Index row, Id item, const sampling::Negatives* negatives,
                std::uint64_t seed, std::uint64_t step) const {
        if (negatives)
            b.negative.push_back(negatives->draw(user, seed, step, static_cast<std::uint64_t>(b.targets())));
        b.target_row.push_back(static_cast<Id>(row));
        b.target_item.push_back(item);
        b.owner.push_back(user);
    }

    void group(HostBatch& b, Id user, std::span<const Id> before, Index query_row,
               const text::History& text) const {
        b.query_row.push_back(static_cast<Id>(query_row));
        b.group_key.push_back(key_of(user, static_cast<Index>(before.size()), -1));
        b.text_of.push(text.append(before, sampling_.budget, b.token));
    }

    /// Each target is the last row of its own prefix; the row of the first target is the query row.
    void prefixes(HostBatch& b, Id user, std::span<const Id> all, Index cut, const text::History* text,
                  const sampling::Negatives* negatives, RandomStream& random, std::uint64_t step) const {
        const Index last = static_cast<Index>(all.size()) - 1;
        const bool lucky = random.uniform() >= sampling_.without_knowledge, with_knowledge = text && lucky;
        Index chosen[max_joint_targets];
        const Index count = std::min(sampling_.joint_targets, last - cut + 1);
        chosen[0] = cut;
        // The others are sampled without replacement (Floyd's algorithm), then sorted.
        for (Index k = 1, j = last - cut - (count - 1) + 1; k < count; ++k, ++j) {
            const Index at = cut + 1 + random.below(static_cast<std::uint32_t>(j));
            chosen[k] = std::find(chosen, chosen + k, at) == chosen + k ? at : cut + j;
        }
        std::sort(chosen + 1, chosen + count);
        for (Index k = 0; k < count; ++k) {
            query(b, user, all, std::max<Index>(0, chosen[k] - sampling_.window), chosen[k]);
            target(b, user, b.rows() - 1, all[static_cast<std::size_t>(chosen[k])], negatives, random.seed(),
                   step);
            if (k == 0 && with_knowledge)
                group(b, user, all.first(static_cast<std::size_t>(cut)), b.rows() - 1, *text);
        }
        b.targets_of.push(count);
        b.group_of_segment.push_back(with_knowledge ? static_cast<Id>(b.groups() - 1) : no_id);
    }

    /// One pass over a window around the cut gives all rows: rows whose target lies after the cut use
    /// knowledge, rows before it do not. The query row belongs to a segment of its own.
    void positions(HostBatch& b, Id user, std::span<const Id> all, Index cut, const text::History* text,
                   const sampling::Negatives* negatives, RandomStream& random, std::uint64_t step) const {
        const Index inputs = static_cast<Index>(all.size()) - 1, window = sampling_.window;
        const Index begin = std::max<Index>(0, std::min(cut - (window + 1) / 2, inputs - window));
        const Index end = std::min(inputs, begin + window), first = b.rows();
        segment(b, user, all, begin, end);
        for (Index t = begin; t < end; ++t)
            target(b, user, first + t - begin, all[static_cast<std::size_t>(t) + 1], negatives, random.seed(),
                   step);
        const Index before = std::max<Index>(0, cut - 1 - begin);
        b.targets_of.push(before);
        b.group_of_segment.push_back(no_id);
        if (text) {
            segment(b, user, all, std::max<Index>(0, cut - window), cut);
            group(b, user, all.first(static_cast<std::size_t>(cut)), b.rows() - 1, *text);
        }
        b.targets_of.push(end - begin - before);
        b.group_of_segment.push_back(text ? static_cast<Id>(b.groups() - 1) : no_id);
    }

    Sampling sampling_;
    Index items_;
    bool masks_items_;
};

}  // namespace coco
