// SPDX-License-Identifier: Apache-2.0
/// \file
/// AdamW over a model's parameter groups (Loshchilov and Hutter, ICLR 2019). A group with learning rate 0
/// stays bit-identical: values, moments and step count.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <coco/core/settings.hpp>
#include <coco/exec/primitives.hpp>
#include <coco/train/optimizer.hpp>
#include <coco/train/trained_ranges.hpp>

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
    using Role = role::Optimizer;
    using Config = AdamWConfig;
    static constexpr const char* name = "adamw";
    static constexpr OptimizerState states[2] = {{"first"}, {"second", true}};

    AdamW() = default;
    [[gnu::cold, gnu::noinline]] AdamW(P& on, const ParameterLayout& layout, const AdamWConfig& config)
        : config_(config),
          ranges_(trained_ranges(layout)),
          moments_{Gradients<P>(on, layout), Gradients<P>(on, layout)},
          steps_(layout.groups().size(), 0) {
        moved_.reserve(ranges_.size());
    }

    void step(P& on, const OptimizerStep<P>& now) {
        step(on, now, [&](const TrainedRange& r) { return whole(now, r); });
    }
    /// \param lists_of  the numbers that are moved for a range
    template <class ListsOf>
    void step(P& on, const OptimizerStep<P>& now, const ListsOf& lists_of) {
        for (std::size_t g = 0; g < steps_.size(); ++g) steps_[g] += now.rates[g] > 0 ? 1 : 0;
        moved_.clear();
        for (const TrainedRange& r : ranges_) {
            const std::size_t g = static_cast<std::size_t>(r.group);
            if (now.rates[g] <= 0) continue;
            moved_.push_back(lists_of(r));
            moved_.back().step = {now.rates[g],
                                  config_.beta1,
                                  config_.beta2,
                                  config_.epsilon,
                                  r.decay == Decay::yes ? config_.decay : 0,
                                  steps_[g]};
        }
        on.adamw(moved_, now.scale);
    }

    /// All of a range.
    AdamWRange<P> whole(const OptimizerStep<P>& now, const TrainedRange& r) {
        return {{},
                r.of(now.values.block(r.block)),
                r.of(now.gradients.block(r.block)),
                r.of(moments_[0].block(r.block)),
                r.of(moments_[1].block(r.block))};
    }

    Gradients<P>& state(std::size_t which) { return moments_[which]; }
    std::vector<std::int64_t>& steps() { return steps_; }
    const std::vector<std::int64_t>& steps() const { return steps_; }

private:
    AdamWConfig config_;
    std::vector<TrainedRange> ranges_;
    Gradients<P> moments_[2];  ///< first and second
    std::vector<std::int64_t> steps_;
    std::vector<AdamWRange<P>> moved_;
};

}  // namespace coco
