// SPDX-License-Identifier: Apache-2.0
/// \file
/// Samplers as other backbones need them: each fits the role as it stands.
#pragma once

#include <algorithm>
#include <vector>

#include <coco/core/random.hpp>
#include <coco/sampling/sampler.hpp>

namespace sketch {

using namespace coco;

/// What these share: a user is a sample, batches of `SamplerParts::batch.samples` users, shuffled by epoch.
/// \tparam Kind  `name`, and `add(b, user, history, random, by)`, which appends a user's sample
template <class Kind>
class ByUser {
public:
    static constexpr const char* name = Kind::name;
    static constexpr double room = 3;  ///< what is asked for is drawn: the longest users may get few

    static bool shows_later_items(const Sampling& settings) {
        return sampling::shows_later_items<Kind>(settings);
    }

    explicit ByUser(const SamplerParts& parts) : parts_(parts) {}

    void prepare(HostBatch& b, const data::Interactions& train) {
        order_.clear();
        for (Id user = 0; user < static_cast<Id>(train.users()); ++user)
            if (train.length(user) >= 2) order_.push_back(user);
        std::sort(order_.begin(), order_.end(),
                  [&](Id a, Id c) { return train.length(a) > train.length(c); });
        b.clear();
        if (!order_.empty()) fill(b, train, 0, 0);
    }
    Index begin_epoch(Index epoch) {
        std::sort(order_.begin(), order_.end());
        RandomStream(parts_.seed, static_cast<std::uint64_t>(epoch) + 77).shuffle(order_);
        return (static_cast<Index>(order_.size()) + parts_.batch.samples - 1) / parts_.batch.samples;
    }
    void fill(HostBatch& b, const data::Interactions& train, Index batch, std::uint64_t step) {
        b.clear();
        const Index first = batch * parts_.batch.samples;
        const Index end = std::min(static_cast<Index>(order_.size()), first + parts_.batch.samples);
        for (Index i = first; i < end; ++i) {
            const Id user = order_[static_cast<std::size_t>(i)];
            RandomStream random(parts_.seed, step * 1000003 + static_cast<std::uint64_t>(user));
            Kind::add(b, user, train.of(user), random, *this);
        }
        b.targets_of.push(b.targets());
        b.group_of_segment.push_back(no_id);
        b.finish(parts_.builder.items() + 1, parts_.builder.sampling().window);
    }

    Id mask() const {
        return static_cast<Id>(parts_.builder.items());
    }  ///< a row of the table behind the items
    Index window() const { return parts_.builder.sampling().window; }
    /// Appends a segment; returns its first row.
    Index segment(HostBatch& b, std::span<const Id> row) const {
        const Index first = b.rows();
        for (std::size_t i = 0; i < row.size(); ++i) {
            b.item.push_back(row[i]);
            b.position.push_back(static_cast<Id>(row.size() - 1 - i));
            b.row_key.push_back(static_cast<Id>(b.rows()));
        }
        b.segments.push(static_cast<Index>(row.size()));
        return first;
    }
    static void target(HostBatch& b, Id user, Index row, Id item) {
        b.target_row.push_back(static_cast<Id>(row));
        b.target_item.push_back(item);
        b.owner.push_back(user);
    }

private:
    SamplerParts parts_;
    std::vector<Id> order_;
};

/// BERT4Rec's cloze: a fifth of the window's items is masked and is what is to be predicted, at least one.
struct ClozeKind {
    static constexpr const char* name = "cloze";
    template <class By>
    static void add(HostBatch& b, Id user, std::span<const Id> all, RandomStream& random, const By& by) {
        const std::span<const Id> seen =
            all.last(std::min(all.size(), static_cast<std::size_t>(by.window())));
        std::vector<Id> row(seen.begin(), seen.end());
        std::vector<std::size_t> masked;
        for (std::size_t i = 0; i < row.size(); ++i)
            if (random.uniform() < 0.2) masked.push_back(i);
        if (masked.empty()) masked.push_back(row.size() - 1);
        for (const std::size_t i : masked) row[i] = by.mask();
        const Index first = by.segment(b, row);
        for (const std::size_t i : masked) by.target(b, user, first + static_cast<Index>(i), seen[i]);
    }
};

/// S3-Rec's segment prediction: three segments a user, the history with a span masked, the span, and another
/// span of the same length; the model takes the last row of each. The target row is the first's.
struct SpansKind {
    static constexpr const char* name = "spans";
    template <class By>
    static void add(HostBatch& b, Id user, std::span<const Id> all, RandomStream& random, const By& by) {
        const std::size_t length = 1 + random.below(static_cast<std::uint32_t>(all.size() / 2));
        const std::size_t begin = random.below(static_cast<std::uint32_t>(all.size() - length + 1));
        std::vector<Id> row(all.begin(), all.end()), other;
        std::fill_n(row.begin() + static_cast<std::ptrdiff_t>(begin), length, by.mask());
        for (std::size_t i = 0; i < length; ++i)
            other.push_back(static_cast<Id>(random.below(static_cast<std::uint32_t>(by.mask()))));
        by.segment(b, row);
        by.target(b, user, b.rows() - 1, all[begin]);
        by.segment(b, all.subspan(begin, length));
        by.segment(b, other);
    }
};

/// PinnerFormer's dense all-action targets: each of some rows is to predict an item drawn from the next
/// `ahead`.
struct FutureWindowKind {
    static constexpr const char* name = "future";
    static constexpr std::size_t ahead = 3;
    static bool shows_later_items(const Sampling&) { return true; }

    template <class By>
    static void add(HostBatch& b, Id user, std::span<const Id> all, RandomStream& random, const By& by) {
        const Index first = by.segment(b, all);
        for (std::size_t i = 0; i + 1 < all.size(); ++i) {
            const std::size_t most = std::min(ahead, all.size() - 1 - i);
            by.target(b, user, first + static_cast<Index>(i),
                      all[i + 1 + random.below(static_cast<std::uint32_t>(most))]);
        }
    }
};

using Cloze = ByUser<ClozeKind>;
using Spans = ByUser<SpansKind>;
using FutureWindow = ByUser<FutureWindowKind>;

}  // namespace sketch
