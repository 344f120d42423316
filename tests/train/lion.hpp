// SPDX-License-Identifier: Apache-2.0
/// \file
/// An optimiser that is not the library's: Lion (Chen et al., NeurIPS 2023), for tests of the seam.
#pragma once

#include <vector>

#include <coco/core/settings.hpp>
#include <coco/train/optimizer.hpp>
#include <coco/train/trained_ranges.hpp>

namespace coco::test {

/// x -= rate sign(beta1 m + (1 - beta1) g); m = beta2 m + (1 - beta2) g
template <class T>
struct LionStep {
    T *x, *m;
    const T *g, *scale;
    T rate, beta1, beta2;

    template <class Row>
    COCO_HD void operator()(Index i, const Row& row) const {
        row.each(1, [&](Index) {
            const T slope = (scale ? *scale : T(1)) * g[i], way = beta1 * m[i] + (T(1) - beta1) * slope;
            x[i] -= way > T(0) ? rate : way < T(0) ? -rate : T(0);
            m[i] = beta2 * m[i] + (T(1) - beta2) * slope;
        });
    }
};

template <class P>
class Lion {
public:
    using Role = role::Optimizer;
    static constexpr const char* name = "lion";
    static constexpr OptimizerState states[1] = {{"momentum"}};

    struct Config {
        double beta1 = 0.9, beta2 = 0.99, clip = 5;

        static auto settings(auto& c, auto&& visit) {
            return visit(setting("beta1", c.beta1, below(0, 1)), setting("beta2", c.beta2, below(0, 1)),
                         setting("clip", c.clip, between(0, 1e9)));
        }
    };

    Lion(P& on, const ParameterLayout& layout, const Config& config)
        : config_(config),
          ranges_(trained_ranges(layout)),
          momentum_(on, layout),
          steps_(layout.groups().size(), 0) {}

    void step(P& on, const OptimizerStep<P>& now) {
        using T = typename P::Scalar;
        for (std::size_t g = 0; g < steps_.size(); ++g) steps_[g] += now.rates[g] > 0 ? 1 : 0;
        for (const TrainedRange& r : ranges_)
            if (const double rate = now.rates[static_cast<std::size_t>(r.group)]; rate > 0)
                on.for_each_row(
                    r.end - r.begin, 1,
                    LionStep<T>{r.of(now.values.block(r.block)).data, r.of(momentum_.block(r.block)).data,
                                r.of(now.gradients.block(r.block)).data, now.scale, static_cast<T>(rate),
                                static_cast<T>(config_.beta1), static_cast<T>(config_.beta2)});
    }

    Gradients<P>& state(std::size_t) { return momentum_; }
    std::vector<std::int64_t>& steps() { return steps_; }
    const std::vector<std::int64_t>& steps() const { return steps_; }

private:
    Config config_;
    std::vector<TrainedRange> ranges_;
    Gradients<P> momentum_;
    std::vector<std::int64_t> steps_;
};

}  // namespace coco::test
