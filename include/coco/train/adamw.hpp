// SPDX-License-Identifier: Apache-2.0
/// \file
/// AdamW over a model's parameter groups (Loshchilov and Hutter, ICLR 2019), with one global clip. A group
/// with learning rate 0 stays bit-identical: values, moments and step count.
#pragma once

#include <span>
#include <vector>

#include <coco/core/math.hpp>
#include <coco/exec/primitives.hpp>
#include <coco/nn/parameters.hpp>

namespace coco {

/// Constants of the optimiser; the learning rates are arguments of each step.
struct AdamWConfig {
    double beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8;
    double decay = 0;  ///< weight decay of weight matrices only; never of norms, biases and tables
    double clip = 5;   ///< maximum norm of all gradients together; 0 for no clip
};

/// *scale = min(1, clip / norm).
template <class T>
struct ClipScale {
    const T* squares;
    T* scale;
    T clip;

    template <class Row>
    COCO_HD void operator()(Index, const Row& row) const {
        row.each(1, [&](Index) {
            const T norm = math::sqrt(*squares);
            *scale = norm > clip ? clip / norm : T(1);
        });
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
        slopes_.reserve(ranges_.size());
        moved_.reserve(ranges_.size());
    }

    /// One step. \param rates  one learning rate per group; a group with rate 0 is not updated
    void step(P& on, Parameters<P>& values, Gradients<P>& gradients, std::span<const double> rates) {
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
        const Scalar* scale = nullptr;
        if (config_.clip > 0) {
            on.fill(clip_.list(), Scalar(0));
            on.squared_norm(slopes_, clip_.data());
            on.for_each_row(
                1, 1, ClipScale<Scalar>{clip_.data(), clip_.data() + 1, static_cast<Scalar>(config_.clip)});
            scale = clip_.data() + 1;
        }
        on.adamw(moved_, scale);
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
    std::vector<std::int64_t> steps_;
    std::vector<Range> ranges_;
    std::vector<List<const Scalar, typename P::Space>> slopes_;  ///< gradients of ranges updated in a step
    std::vector<AdamWRange<P>> moved_;
};

}  // namespace coco
