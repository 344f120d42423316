// SPDX-License-Identifier: Apache-2.0
/// \file
/// The samples of UniSRec's pre-training (Hou et al., KDD 2022): a history, a second view of it, and the item
/// that comes next.
#pragma once

#include <cstdint>
#include <vector>

#include <coco/core/random.hpp>
#include <coco/sampling/batches.hpp>
#include <coco/sampling/sampler.hpp>
#include <coco/sampling/samples.hpp>

namespace coco::baseline::unisrec {

/// Every prefix, as two segments: its items, and a view of them, in which either each item is left out with
/// probability 0.2 (in nine views of ten; where none is left, the newest stays), or each shows its text with
/// words left out with probability 0.2: its id then is items + item. Targets are the last rows of all
/// prefixes, then those of their views; `excluded` has for each prefix the others with the same next item, or
/// the number of prefixes where there is none. Limits of a batch hold for the packed rows, except that one
/// sample alone may exceed them. Views are drawn by (seed, epoch, user, prefix).
class ContrastSamples {
public:
    static constexpr const char* name = "unisrec contrast";
    static constexpr double room = 1;
    static constexpr double items_left_out = 0.9;  ///< share of views without items; the rest is by words
    static constexpr double changed = 0.2;         ///< of the items of a view

    explicit ContrastSamples(const SamplerParts& parts) : parts_(parts) {}

    void prepare(HostBatch& b, const data::Interactions& train) {
        b.clear();
        samples_ = sampling::every_prefix(train, parts_.builder.sampling().window);
        if (samples_.empty()) return;
        Index longest = 0;
        for (const sampling::Sample& s : samples_) longest = std::max(longest, s.rows());
        limits_ = {std::max(parts_.batch.rows / 2, longest), parts_.batch.samples};
        chosen_ = sampling::largest_batch(samples_, limits_);
        pack(b, train, true);
    }

    Index begin_epoch(Index epoch) {
        const auto number = static_cast<std::uint64_t>(epoch);
        batches_ = sampling::Batches::of_epoch(samples_, limits_, parts_.seed, number);
        const Quad bits = philox(parts_.seed, number, 0x756e6973726563);
        epoch_seed_ = std::uint64_t{bits.word[0]} << 32 | bits.word[1];
        return batches_.size();
    }

    void fill(HostBatch& b, const data::Interactions& train, Index batch, std::uint64_t) {
        chosen_.clear();
        for (const Index i : batches_[batch]) chosen_.push_back(samples_[static_cast<std::size_t>(i)]);
        pack(b, train, false);
    }

private:
    /// \param whole  views leave nothing out: the batch is as large as one can be
    void pack(HostBatch& b, const data::Interactions& train, bool whole) {
        b.clear();
        view_row_.clear();
        for (const sampling::Sample& s : chosen_) {
            const std::span<const Id> all = train.of(s.user);
            RandomStream random(epoch_seed_,
                                static_cast<std::uint64_t>(s.user) << 32 | static_cast<std::uint64_t>(s.end));
            shown_.assign(all.begin() + s.begin, all.begin() + s.end);
            segment(b, random);
            b.target_row.push_back(static_cast<Id>(b.rows() - 1));
            b.target_item.push_back(all[static_cast<std::size_t>(s.end)]);
            b.owner.push_back(s.user);
            if (!whole) change(random);
            segment(b, random);
            view_row_.push_back(static_cast<Id>(b.rows() - 1));
        }
        exclude(b);
        const auto prefixes = static_cast<std::ptrdiff_t>(b.target_row.size());
        for (std::vector<Id>* const list : {&b.target_item, &b.owner}) {
            list->resize(2 * view_row_.size());
            std::copy_n(list->begin(), prefixes, list->begin() + prefixes);
        }
        b.target_row.insert(b.target_row.end(), view_row_.begin(), view_row_.end());
        for (int kind = 0; kind < 2; ++kind) {
            b.targets_of.push(static_cast<Index>(view_row_.size()));
            b.group_of_segment.push_back(no_id);
        }
        b.finish(2 * parts_.builder.items(), parts_.builder.sampling().window);
    }

    /// Makes of the items that are shown those of a view.
    void change(RandomStream& random) {
        const Id items = static_cast<Id>(parts_.builder.items());
        if (random.uniform() >= items_left_out) {
            for (Id& id : shown_)
                if (random.uniform() < changed) id += items;
            return;
        }
        const Id newest = shown_.back();
        std::erase_if(shown_, [&](Id) { return random.uniform() < changed; });
        if (shown_.empty()) shown_.push_back(newest);
    }

    /// Appends what is shown. Keys of the rows are drawn, so that dropout differs between the two.
    void segment(HostBatch& b, RandomStream& random) const {
        const bool recent = parts_.builder.sampling().positions == Positions::recent;
        const auto n = static_cast<Id>(shown_.size());
        for (Id i = 0; i < n; ++i) {
            b.item.push_back(shown_[static_cast<std::size_t>(i)]);
            b.position.push_back(recent ? n - 1 - i : i);
            b.row_key.push_back(static_cast<Id>(random.word()));
        }
        b.segments.push(n);
    }

    void exclude(HostBatch& b) {
        const Index n = b.targets();
        same_.build(b.target_item, parts_.builder.items());
        list_of_.resize(static_cast<std::size_t>(n));
        for (std::size_t list = 0; list < same_.id.size(); ++list)
            for (Id k = same_.offsets[list]; k < same_.offsets[list + 1]; ++k)
                list_of_[static_cast<std::size_t>(same_.place[static_cast<std::size_t>(k)])] = list;
        for (Id t = 0; t < static_cast<Id>(n); ++t) {
            const std::size_t list = list_of_[static_cast<std::size_t>(t)], before = b.excluded.size();
            for (Id k = same_.offsets[list]; k < same_.offsets[list + 1]; ++k)
                if (const Id other = same_.place[static_cast<std::size_t>(k)]; other != t)
                    b.excluded.push_back(other);
            if (b.excluded.size() == before) b.excluded.push_back(static_cast<Id>(n));
            b.excluded_of.push(static_cast<Index>(b.excluded.size() - before));
        }
    }

    SamplerParts parts_;
    sampling::BatchLimits limits_;
    std::uint64_t epoch_seed_ = 0;
    std::vector<sampling::Sample> samples_, chosen_;
    sampling::Batches batches_;
    std::vector<Id> shown_, view_row_;
    InverseLists same_;
    std::vector<std::size_t> list_of_;
};

}  // namespace coco::baseline::unisrec

static_assert(coco::Sampler<coco::baseline::unisrec::ContrastSamples>);
