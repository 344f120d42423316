// SPDX-License-Identifier: Apache-2.0
/// \file
/// Confidence interval of the difference of two models on the same cases: a paired bootstrap over users
/// (Efron and Tibshirani, "An introduction to the bootstrap", 1993, percentile interval).
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <coco/core/error.hpp>
#include <coco/core/random.hpp>
#include <coco/core/types.hpp>

namespace coco {

/// A difference and its confidence interval.
struct Interval {
    double difference;
    double low;
    double high;
};

/// The mean of a[i] - b[i] and its bootstrap interval: users are drawn with replacement, each with the values
/// of both models. `a` and `b` hold one number per user, as returned by `Metrics::gains`.
/// \param level      share of resamples inside the interval
/// \param resamples  number of resamples, at least 100
/// \throws Error where the lists are of unequal length or empty, or a number is out of range
inline Interval paired_bootstrap(std::span<const double> a, std::span<const double> b, double level = 0.95,
                                 Index resamples = 2000, std::uint64_t seed = 0) {
    require(a.size() == b.size(), "bootstrap", "answers to different questions", text_of(a.size()),
            text_of(b.size()));
    require(!a.empty(), "bootstrap", "no questions");
    require(level > 0 && level < 1, "bootstrap", "level out of range", "0 < level < 1", text_of(level));
    require(resamples >= 100, "bootstrap", "too few resamples", "at least 100", text_of(resamples));
    const std::size_t n = a.size();
    std::vector<double> difference(n), means(static_cast<std::size_t>(resamples));
    double sum = 0;
    for (std::size_t i = 0; i < n; ++i) sum += difference[i] = a[i] - b[i];
    RandomStream random(seed, 0x626f6f74);
    for (double& mean : means) {
        double total = 0;
        for (std::size_t i = 0; i < n; ++i) total += difference[random.below(static_cast<std::uint32_t>(n))];
        mean = total / static_cast<double>(n);
    }
    std::sort(means.begin(), means.end());
    const auto quantile = [&](double q) {
        const double at = q * static_cast<double>(means.size() - 1);
        const std::size_t below = static_cast<std::size_t>(at);
        const std::size_t above = std::min(below + 1, means.size() - 1);
        return means[below] + (at - static_cast<double>(below)) * (means[above] - means[below]);
    };
    return {sum / static_cast<double>(n), quantile((1 - level) / 2), quantile((1 + level) / 2)};
}

}  // namespace coco
