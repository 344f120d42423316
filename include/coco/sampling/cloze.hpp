// SPDX-License-Identifier: Apache-2.0
/// \file
/// The sampler of BERT4Rec (Sun et al., CIKM 2019): items of a window are masked anew in each epoch, and
/// predicted from the others.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include <coco/sampling/batches.hpp>
#include <coco/sampling/sampler.hpp>
#include <coco/sampling/samples.hpp>

namespace coco::sampling {

/// All items of a user with at least two, in consecutive windows counted from the newest.
inline std::vector<Sample> whole_windows(const data::Interactions& train, Index window) {
    std::vector<Sample> samples;
    for (Id user = 0; user < train.users(); ++user)
        if (train.length(user) >= 2)
            for (Index end = train.length(user); end > 0; end -= window)
                samples.push_back({user, std::max<Index>(end - window, 0), end, 0});
    return samples;
}

/// \see BatchBuilder::cloze
class Cloze {
public:
    static constexpr const char* name = "cloze";
    static constexpr bool masks_items = true;

    explicit Cloze(const SamplerParts& parts) : parts_(parts) {}

    void prepare(HostBatch& b, const data::Interactions& train) {
        b.clear();
        samples_ = whole_windows(train, parts_.builder.sampling().window);
        if (!samples_.empty())
            parts_.builder.cloze(b, train, largest_batch(samples_, parts_.batch), parts_.negatives, 0, 0, 0);
    }
    Index begin_epoch(Index epoch) {
        epoch_ = static_cast<std::uint64_t>(epoch);
        batches_ = Batches::of_epoch(samples_, parts_.batch, parts_.seed, epoch_);
        return batches_.size();
    }
    void fill(HostBatch& b, const data::Interactions& train, Index batch, std::uint64_t step) {
        chosen_.clear();
        for (const Index i : batches_[batch]) chosen_.push_back(samples_[static_cast<std::size_t>(i)]);
        parts_.builder.cloze(b, train, chosen_, parts_.negatives, parts_.seed, epoch_, step);
    }

private:
    SamplerParts parts_;
    std::uint64_t epoch_ = 0;
    std::vector<Sample> samples_, chosen_;
    Batches batches_;
};

}  // namespace coco::sampling
