// SPDX-License-Identifier: Apache-2.0
/// \file
/// The samples of S3-Rec's pre-training (Zhou et al., CIKM 2020, section 4): a history with masked items, and
/// three of the same length that show what is beside a segment of it, that segment, and a segment of another
/// history. Masked rows have the item `no_id`.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include <coco/core/random.hpp>
#include <coco/sampling/batches.hpp>
#include <coco/sampling/negatives.hpp>
#include <coco/sampling/sampler.hpp>
#include <coco/sampling/samples.hpp>

namespace coco::sampling {

/// Four segments a sample of n items, in this order:
///
///     masked    the items, each but the last masked with probability 0.2, the last always
///     context   the items without a segment of l items, l uniform in 1 .. n/2, at a uniform place
///     positive  that segment alone, where it stands, all others masked
///     negative  l items in a row of other users' histories at the same place, all others masked
///
/// Of one item, the last three are that item. Targets are the masked rows with their items and a negative
/// each, then the other rows of `masked` with their items, then the last rows of the three others; the five
/// kinds are the segments of `targets_of`. Negatives are no train items of the user. All is drawn by (seed,
/// epoch, user, sample). An epoch packs four times as many rows as its samples have, and limits of a batch
/// hold for the packed rows, except that one sample alone may exceed them.
/// \tparam List  `name`, `list(train, window, out)`: samples of a greatest batch; `draw(train, window, seed,
/// epoch, out)`: those of an epoch, none of which is larger
template <class List>
class PretrainingSamples {
public:
    static constexpr const char* name = List::name;
    static constexpr double masked_share = 0.2;  ///< of the rows before the last

    explicit PretrainingSamples(const SamplerParts& parts) : parts_(parts) {}

    /// \throws Error where a user took every item, so that no negative exists
    void prepare(HostBatch& b, const data::Interactions& train) {
        b.clear();
        histories_ = {};
        for (Id user = 0; user < static_cast<Id>(train.users()); ++user) histories_.add(train.of(user));
        if (!parts_.negatives) negatives_ = Negatives::excluding_train(histories_, parts_.builder.items());
        List::list(histories_, window(), samples_);
        if (samples_.empty()) return;
        Index longest = 0;
        for (const Sample& s : samples_) longest = std::max(longest, s.rows());
        limits_ = {std::max(parts_.batch.rows / 4, longest), parts_.batch.samples};
        chosen_ = largest_batch(samples_, limits_);
        pack(b, chosen_);
        for (Listed& of : targets_)
            for (std::vector<Id>* list : {&of.row, &of.item, &of.owner}) list->reserve(b.target_row.size());
    }

    Index begin_epoch(Index epoch) {
        const auto number = static_cast<std::uint64_t>(epoch);
        List::draw(histories_, window(), parts_.seed, number, samples_);
        batches_ = Batches::of_epoch(samples_, limits_, parts_.seed, number);
        const Quad bits = philox(parts_.seed, number, 0x733372656320);
        epoch_seed_ = std::uint64_t{bits.word[0]} << 32 | bits.word[1];
        return batches_.size();
    }

    void fill(HostBatch& b, const data::Interactions&, Index batch, std::uint64_t) {
        chosen_.clear();
        for (const Index i : batches_[batch]) chosen_.push_back(samples_[static_cast<std::size_t>(i)]);
        pack(b, chosen_);
    }

private:
    enum Kind : std::size_t { masked, seen, context, positive, negative, kinds };
    /// One of the five lists of targets.
    struct Listed {
        std::vector<Id> row, item, owner;
    };

    Index window() const { return parts_.builder.sampling().window; }

    void pack(HostBatch& b, std::span<const Sample> samples) {
        b.clear();
        for (Listed& of : targets_)
            for (std::vector<Id>* list : {&of.row, &of.item, &of.owner}) list->clear();
        for (const Sample& s : samples) {
            RandomStream random(epoch_seed_,
                                static_cast<std::uint64_t>(s.user) << 32 | static_cast<std::uint64_t>(s.end));
            add_masked(b, s, random);
            add_segments(b, s, random);
        }
        for (const Listed& of : targets_) {
            b.target_row.insert(b.target_row.end(), of.row.begin(), of.row.end());
            b.target_item.insert(b.target_item.end(), of.item.begin(), of.item.end());
            b.owner.insert(b.owner.end(), of.owner.begin(), of.owner.end());
            b.targets_of.push(static_cast<Index>(of.row.size()));
            b.group_of_segment.push_back(no_id);
        }
        b.finish(parts_.builder.items(), window());
    }

    void add_masked(HostBatch& b, const Sample& s, RandomStream& random) {
        const Negatives& negatives = parts_.negatives ? *parts_.negatives : *negatives_;
        const std::span<const Id> taken = negatives.excluded(s.user);
        const auto others = static_cast<std::uint32_t>(negatives.items() - static_cast<Index>(taken.size()));
        for (Index i = 0; i < s.rows(); ++i) {
            const bool hidden = i + 1 == s.rows() || random.uniform() < masked_share;
            target(hidden ? masked : seen, s, b.rows(), item(s, i));
            row(b, s, i, hidden ? no_id : item(s, i), random);
            if (hidden)
                b.negative.push_back(nth_allowed(static_cast<Index>(random.below(others)), taken.data(),
                                                 static_cast<Index>(taken.size())));
        }
        b.segments.push(s.rows());
    }

    void add_segments(HostBatch& b, const Sample& s, RandomStream& random) {
        const Index n = s.rows(), length = n < 2 ? 0 : 1 + below(random, n / 2),
                    first = n < 2 ? 0 : below(random, n - length + 1), end = first + length;
        const std::span<const Id> other =
            length > 0 ? elsewhere(s.user, length, random) : std::span<const Id>();
        for (const Kind kind : {context, positive, negative}) {
            for (Index i = 0; i < n; ++i) {
                const bool inside = i >= first && i < end;
                Id shown = no_id;
                if (n < 2 || (kind == context && !inside) || (kind == positive && inside))
                    shown = item(s, i);
                else if (kind == negative && inside)
                    shown = other[static_cast<std::size_t>(i - first)];
                row(b, s, i, shown, random);
            }
            b.segments.push(n);
            target(kind, s, b.rows() - 1, item(s, n - 1));
        }
    }

    /// `length` items in a row of all histories behind one another, none of them the user's; where there is
    /// no such place, any.
    std::span<const Id> elsewhere(Id user, Index length, RandomStream& random) const {
        const std::span<const Id> all = histories_.items();
        const Index places = static_cast<Index>(all.size()) - length + 1,
                    own = histories_.offsets()[static_cast<std::size_t>(user)],
                    after = histories_.offsets()[static_cast<std::size_t>(user) + 1];
        const Index in_front = std::max<Index>(0, own - length + 1),
                    behind = std::max<Index>(0, places - after);
        Index at = below(random, in_front + behind > 0 ? in_front + behind : places);
        if (in_front + behind > 0 && at >= in_front) at += after - in_front;
        return all.subspan(static_cast<std::size_t>(at), static_cast<std::size_t>(length));
    }

    static Index below(RandomStream& random, Index n) {
        return static_cast<Index>(random.below(static_cast<std::uint32_t>(n)));
    }
    Id item(const Sample& s, Index i) const {
        return histories_.of(s.user)[static_cast<std::size_t>(s.begin + i)];
    }
    void target(Kind kind, const Sample& s, Index row, Id item) {
        Listed& of = targets_[kind];
        of.row.push_back(static_cast<Id>(row));
        of.item.push_back(item);
        of.owner.push_back(s.user);
    }
    /// Row i of a segment. Its key is drawn, so that dropout differs among the four.
    void row(HostBatch& b, const Sample& s, Index i, Id item, RandomStream& random) const {
        const bool recent = parts_.builder.sampling().positions == Positions::recent;
        b.item.push_back(item);
        b.position.push_back(static_cast<Id>(recent ? s.rows() - 1 - i : i));
        b.row_key.push_back(static_cast<Id>(random.word()));
    }

    SamplerParts parts_;
    data::Interactions histories_;  ///< of the users that the stage learns from
    std::optional<Negatives> negatives_;
    BatchLimits limits_;
    std::uint64_t epoch_seed_ = 0;
    std::vector<Sample> samples_, chosen_;
    Batches batches_;
    std::array<Listed, kinds> targets_;
};

/// The items before `end` of a user, at most `window`.
inline Sample prefix(Id user, Index end, Index window) {
    return {user, std::max<Index>(end - window, 0), end, end - 1};
}

/// Every prefix of every history, as in the published code: an epoch of histories of n items packs 2 n (n +
/// 1) rows a user.
struct EveryPrefixMasked {
    static constexpr const char* name = "pretraining";

    static void list(const data::Interactions& train, Index window, std::vector<Sample>& out) {
        out.clear();
        for (Id user = 0; user < static_cast<Id>(train.users()); ++user)
            for (Index end = 1; end <= train.length(user); ++end) out.push_back(prefix(user, end, window));
    }
    static void draw(const data::Interactions&, Index, std::uint64_t, std::uint64_t, std::vector<Sample>&) {}
};

/// One prefix of each history, of uniform length, anew in each epoch: 2 (n + 1) rows a user on average, so
/// that n epochs cost as much as one of all prefixes.
struct OnePrefixMasked {
    static constexpr const char* name = "pretraining by user";

    static void list(const data::Interactions& train, Index window, std::vector<Sample>& out) {
        out.clear();
        for (Id user = 0; user < static_cast<Id>(train.users()); ++user)
            if (train.length(user) > 0) out.push_back(prefix(user, train.length(user), window));
    }
    static void draw(const data::Interactions& train, Index window, std::uint64_t seed, std::uint64_t epoch,
                     std::vector<Sample>& out) {
        out.clear();
        for (Id user = 0; user < static_cast<Id>(train.users()); ++user)
            if (const auto n = static_cast<std::uint64_t>(train.length(user)); n > 0)
                out.push_back(prefix(
                    user,
                    1 + static_cast<Index>(coco::below(
                            philox(seed, static_cast<std::uint64_t>(user), epoch << 20 ^ 0x707265), n)),
                    window));
    }
};

using Pretraining = PretrainingSamples<EveryPrefixMasked>;
using PretrainingByUser = PretrainingSamples<OnePrefixMasked>;

}  // namespace coco::sampling

static_assert(coco::Sampler<coco::sampling::Pretraining>);
static_assert(coco::Sampler<coco::sampling::PretrainingByUser>);
