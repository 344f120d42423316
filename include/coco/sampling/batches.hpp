// SPDX-License-Identifier: Apache-2.0
/// \file
/// The batches of an epoch: samples shuffled by seed and epoch, and split into batches limited by packed rows
/// and by number of samples. A pure function of its arguments, so a resumed run continues with the same
/// batches.
#pragma once

#include <algorithm>
#include <numeric>
#include <span>
#include <vector>

#include <coco/core/error.hpp>
#include <coco/core/order.hpp>
#include <coco/core/random.hpp>
#include <coco/core/settings.hpp>
#include <coco/core/types.hpp>
#include <coco/sampling/samples.hpp>

namespace coco::sampling {

/// Upper limits of a batch.
struct BatchLimits {
    Index rows = 12800;   ///< packed input rows: limits memory
    Index samples = 256;  ///< windows, or prefixes

    static auto settings(auto& c, auto&& visit) {
        return visit(setting("rows", c.rows, at_least(1)), setting("samples", c.samples, at_least(1)));
    }
};

/// One epoch. Batch b is a list of indices into the list of samples.
class Batches {
public:
    Index size() const { return static_cast<Index>(offsets_.size()) - 1; }

    std::span<const Index> operator[](Index b) const {
        const std::size_t i = static_cast<std::size_t>(b);
        return {order_.data() + offsets_[i], offsets_[i + 1] - offsets_[i]};
    }

    /// Shuffles `samples` by (seed, epoch) and splits them into batches.
    ///
    /// With `bucketed`, samples of similar length go into the same batch: within slices of 64 batches' worth
    /// the shuffled samples are sorted by length, and the batches are shuffled again. Packed rows need no
    /// padding, so this does not save arithmetic. Its purpose is that batches of prefixes (1 to `window` rows
    /// each) have attention segments of even length, at the price that a batch mixes fewer kinds of users.
    /// \throws Error where one sample alone exceeds the limits
    static Batches of_epoch(const std::vector<Sample>& samples, const BatchLimits& limits, std::uint64_t seed,
                            std::uint64_t epoch, bool bucketed = false) {
        require(limits.samples >= 1, "batch", "limit of samples too small", "at least 1",
                text_of(limits.samples));
        Batches batches;
        batches.order_.resize(samples.size());
        std::iota(batches.order_.begin(), batches.order_.end(), Index{0});
        RandomStream random(seed, stream + epoch);
        random.shuffle(batches.order_);
        if (bucketed) batches.sort_slices(samples, limits.samples * 64);
        batches.cut(samples, limits);
        if (bucketed) batches.shuffle_batches(random);
        return batches;
    }

private:
    static constexpr std::uint64_t stream = std::uint64_t{0x62617463} << 32;

    void sort_slices(const std::vector<Sample>& samples, Index slice) {
        std::vector<Index> rows;
        for (Index begin = 0; begin < static_cast<Index>(order_.size()); begin += slice) {
            const Index end = std::min(begin + slice, static_cast<Index>(order_.size()));
            const std::vector<Index> before(order_.begin() + begin, order_.begin() + end);
            rows.clear();
            for (const Index sample : before)
                rows.push_back(samples[static_cast<std::size_t>(sample)].rows());
            auto to = order_.begin() + begin;
            for (const std::size_t place : ascending(rows)) *to++ = before[place];
        }
    }

    void cut(const std::vector<Sample>& samples, const BatchLimits& limits) {
        Index rows = 0;
        for (std::size_t k = 0; k < order_.size(); ++k) {
            const Index more = samples[static_cast<std::size_t>(order_[k])].rows();
            if (more > limits.rows)
                throw Error("batch", "a sample alone has too many rows", text_of("at most ", limits.rows),
                            text_of(more));
            const Index count = static_cast<Index>(k - offsets_.back());
            if (count > 0 && (rows + more > limits.rows || count == limits.samples)) {
                offsets_.push_back(k);
                rows = 0;
            }
            rows += more;
        }
        if (!order_.empty()) offsets_.push_back(order_.size());
    }

    void shuffle_batches(RandomStream& random) {
        std::vector<Index> turn(static_cast<std::size_t>(size()));
        std::iota(turn.begin(), turn.end(), Index{0});
        random.shuffle(turn);
        Batches mixed;
        for (const Index b : turn) {
            const std::span<const Index> batch = (*this)[b];
            mixed.order_.insert(mixed.order_.end(), batch.begin(), batch.end());
            mixed.offsets_.push_back(mixed.order_.size());
        }
        *this = std::move(mixed);
    }

    std::vector<Index> order_;
    std::vector<std::size_t> offsets_{0};
};

/// A batch at least as large as any that `samples` can give under `limits`: in samples, in rows, in targets
/// and in its longest sample. If it runs first, a workspace grows only once. It consists of the longest
/// samples; the later ones are shortened until the limit of rows holds (to one row each where even that
/// exceeds the limit, so that both a batch of many short samples and a batch with a long sample are covered).
/// In windows every row counts as a target.
inline std::vector<Sample> largest_batch(std::vector<Sample> samples, const BatchLimits& limits) {
    const std::size_t count =
        std::min(samples.size(), static_cast<std::size_t>(std::min(limits.samples, limits.rows)));
    std::vector<Index> fewer;
    for (const Sample& sample : samples) fewer.push_back(-sample.rows());
    samples = in_order(samples, ascending(fewer));
    samples.erase(samples.begin() + static_cast<std::ptrdiff_t>(count), samples.end());
    if (count == 0) return samples;
    Index left = std::max(limits.rows, samples.front().rows() + static_cast<Index>(count) - 1);
    for (std::size_t k = 0; k < count; ++k) {
        Sample& sample = samples[k];
        const Index after = static_cast<Index>(count - k) - 1;
        sample.begin = std::max(sample.begin, sample.end - (left - after));
        if (sample.targets() > 1) sample.first_target = sample.begin;
        left -= sample.rows();
    }
    return samples;
}

}  // namespace coco::sampling
