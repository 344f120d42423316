// SPDX-License-Identifier: Apache-2.0
/// \file
/// AdamW over a model's parameter groups (Loshchilov and Hutter, ICLR 2019), with one global clip. A group
/// with learning rate 0 stays bit-identical: values, moments and step count.
#pragma once

#include <span>
#include <type_traits>
#include <vector>

#include <coco/core/settings.hpp>
#include <coco/exec/primitives.hpp>
#include <coco/nn/parameters.hpp>
#include <coco/train/clip.hpp>

namespace coco {

/// Constants of the optimiser; the learning rates are arguments of each step.
struct AdamWConfig {
    double beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8;
    double decay = 0;  ///< weight decay of weight matrices only; never of norms, biases and tables
    double clip = 5;   ///< maximum norm of all gradients together; 0 for no clip

    static auto settings(auto& c, auto&& visit) {
        return visit(setting("beta1", c.beta1, below(0, 1)), setting("beta2", c.beta2, below(0, 1)),
                     setting("epsilon", c.epsilon, above(0, 1)), setting("decay", c.decay, between(0, 100)),
                     setting("clip", c.clip, between(0, 1e9)));
    }
};

/// Moments and step counts of a model's parameters.
template <class P>
class AdamW {
public:
    using Scalar = typename P::Scalar;

    AdamW() = default;
    [[gnu::cold, gnu::noinline]] AdamW(P& on, const ParameterLayout& layout, const AdamWConfig& config)
        : config_(config),
          first_(on, layout),
          second_(on, layout),
          clip_(on, 2),
          found_(on, 1),
          steps_(layout.groups().size(), 0) {
        for (const Tensor& t : layout.tensors()) {
            if (t.ref.block == ParameterBlock::frozen) continue;
            const Index end = t.ref.at + (t.ref.size() + ParameterLayout::alignment - 1) /
                                             ParameterLayout::alignment * ParameterLayout::alignment;
            if (!ranges_.empty() && ranges_.back().group == t.group && ranges_.back().decay == t.decay &&
                ranges_.back().block == t.ref.block && ranges_.back().end == t.ref.at)
                ranges_.back().end = end;
            else
                ranges_.push_back({t.ref.block, t.group, t.decay, t.ref.at, end});
        }
        std::vector<WatchedRange> watched;
        for (const Range& r : ranges_)
            watched.push_back({r.block == ParameterBlock::table ? 1 : 0, r.begin, r.end - r.begin, r.group});
        watched_ = Block<WatchedRange, P>(on, static_cast<Index>(watched.size()));
        on.upload(watched.data(), watched_.list());
        slopes_.reserve(ranges_.size());
        moved_.reserve(ranges_.size());
    }

    /// One step. \param rates  one learning rate per group; a group with rate 0 is not updated
    /// \param losses  sums of the loss, which are watched beside the gradients
    ///
    /// \param number  of the step, from 1, for `not_finite`
    void step(P& on, Parameters<P>& values, Gradients<P>& gradients, std::span<const double> rates,
              List<const Scalar, typename P::Space> losses = {}, Index number = 1) {
        for (std::size_t g = 0; g < steps_.size(); ++g) steps_[g] += rates[g] > 0 ? 1 : 0;
        slopes_.clear();
        moved_.clear();
        for (const Range& r : ranges_) {
            const std::size_t g = static_cast<std::size_t>(r.group);
            if (rates[g] <= 0) continue;
            const AdamWStep step{rates[g],
                                 config_.beta1,
                                 config_.beta2,
                                 config_.epsilon,
                                 r.decay == Decay::yes ? config_.decay : 0,
                                 steps_[g]};
            slopes_.push_back(part(gradients.block(r.block), r));
            moved_.push_back({step, part(values.block(r.block), r), slopes_.back(),
                              part(first_.block(r.block), r), part(second_.block(r.block), r)});
        }
        Scalar* const scale = config_.clip > 0 ? clip_.data() + 1 : nullptr;
        on.fill(clip_.list(), Scalar(0));
        on.squared_norm(slopes_, clip_.data());
        on.for_each_row(1, 1,
                        ClipScale<Scalar>{clip_.data(), scale, static_cast<Scalar>(config_.clip), losses.data,
                                          losses.size, number, gradients.block(ParameterBlock::dense).data(),
                                          gradients.block(ParameterBlock::table).data(), watched_.data(),
                                          watched_.size(), found_.data()});
        on.adamw(moved_, scale);
    }

    /// The first step whose losses or gradients were not finite. Waits for the policy.
    NotFinite not_finite([[maybe_unused]] P& on) const {
        NotFinite found;
        // A policy without memory has found nothing.
        if constexpr (!std::is_same_v<typename P::Space, space::Nowhere>) on.download(found_.list(), &found);
        return found;
    }

    Gradients<P>& first() { return first_; }
    Gradients<P>& second() { return second_; }
    const Gradients<P>& first() const { return first_; }
    const Gradients<P>& second() const { return second_; }
    std::vector<std::int64_t>& steps() { return steps_; }
    const std::vector<std::int64_t>& steps() const { return steps_; }

private:
    struct Range {
        ParameterBlock block;
        int group;
        Decay decay;
        Index begin, end;
    };

    static List<Scalar, typename P::Space> part(Block<Scalar, P>& block, const Range& r) {
        return block.list().from(r.begin, r.end - r.begin);
    }

    AdamWConfig config_;
    Gradients<P> first_, second_;
    Block<Scalar, P> clip_;  ///< sum of squares, scale
    Block<NotFinite, P> found_;
    Block<WatchedRange, P> watched_;
    std::vector<std::int64_t> steps_;
    std::vector<Range> ranges_;
    std::vector<List<const Scalar, typename P::Space>> slopes_;  ///< gradients of ranges updated in a step
    std::vector<AdamWRange<P>> moved_;
};

}  // namespace coco
