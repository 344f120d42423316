// SPDX-License-Identifier: Apache-2.0
/// \file
/// k-means: Lloyd's iterations from k-means++ seeds (Arthur and Vassilvitskii, SODA 2007), on one thread of
/// the host. Initial values of codes: of users' representations before the joint stage, of residuals in
/// `quantize`.
#pragma once

#include <algorithm>
#include <limits>
#include <span>
#include <vector>

#include <coco/core/random.hpp>
#include <coco/statistics/nearest_row.hpp>

namespace coco::statistics {

/// Returns `count` centres of the points, count x width, row-major. If there are fewer points than centres,
/// the remaining centres are drawn from N(0, 0.02^2). An empty centre moves to the point that is farthest
/// from its own centre.
/// \param points  n x width
inline std::vector<float> kmeans(std::span<const float> points, Index width, Index count, std::uint64_t seed,
                                 int iterations = 20) {
    const std::size_t w = static_cast<std::size_t>(width), n = points.size() / w,
                      k = static_cast<std::size_t>(count);
    std::vector<float> centres(k * w);
    RandomStream random(seed, 0x6b6d65616e73);
    const auto distance = [&](std::size_t point, std::size_t centre) {
        float sum = 0;
        for (std::size_t j = 0; j < w; ++j) {
            const float d = points[point * w + j] - centres[centre * w + j];
            sum += d * d;
        }
        return sum;
    };
    const auto put = [&](std::size_t point, std::size_t centre) {
        std::copy_n(points.begin() + static_cast<std::ptrdiff_t>(point * w), w,
                    centres.begin() + static_cast<std::ptrdiff_t>(centre * w));
    };
    const std::size_t real = std::min(n, k);
    for (std::size_t c = real; c < k; ++c)
        for (std::size_t j = 0; j < w; ++j) centres[c * w + j] = static_cast<float>(0.02 * random.normal());
    if (n == 0) return centres;

    std::vector<float> nearest(n, std::numeric_limits<float>::max());
    put(random.below(static_cast<std::uint32_t>(n)), 0);
    for (std::size_t c = 1; c < real; ++c) {
        double total = 0;
        for (std::size_t i = 0; i < n; ++i) total += nearest[i] = std::min(nearest[i], distance(i, c - 1));
        double left = random.uniform() * total;
        std::size_t i = 0;
        while (i + 1 < n && (left -= nearest[i]) > 0) ++i;
        put(i, c);
    }

    std::vector<std::size_t> home(n, 0);
    std::vector<double> sums(real * w);
    std::vector<Index> sizes(real);
    for (int round = 0; round < iterations; ++round) {
        bool moved = false;
        std::fill(sums.begin(), sums.end(), 0.0);
        std::fill(sizes.begin(), sizes.end(), Index{0});
        const NearestRow search(std::span<const float>(centres).first(real * w), width);
        for (std::size_t i = 0; i < n; ++i) {
            const auto [best, d] = search(points.subspan(i * w, w));
            nearest[i] = d;
            moved = moved || best != home[i];
            home[i] = best;
            ++sizes[best];
            for (std::size_t j = 0; j < w; ++j) sums[best * w + j] += points[i * w + j];
        }
        for (std::size_t c = 0; c < real; ++c) {
            if (sizes[c] == 0) {
                const std::size_t far = static_cast<std::size_t>(
                    std::max_element(nearest.begin(), nearest.end()) - nearest.begin());
                put(far, c);
                nearest[far] = 0;
                continue;
            }
            for (std::size_t j = 0; j < w; ++j)
                centres[c * w + j] = static_cast<float>(sums[c * w + j] / static_cast<double>(sizes[c]));
        }
        if (!moved && round > 0) break;
    }
    return centres;
}

}  // namespace coco::statistics
