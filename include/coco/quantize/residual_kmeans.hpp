// SPDX-License-Identifier: Apache-2.0
/// \file
/// Residual k-means: a level's codes are the centres of what the levels before it leave of the vectors. It is
/// how an RQ-VAE's codebooks begin, and without an encoder it makes semantic ids by itself, in seconds.
#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include <coco/core/random.hpp>
#include <coco/core/setting_list.hpp>
#include <coco/core/settings.hpp>
#include <coco/quantize/codebooks.hpp>
#include <coco/quantize/item_vectors.hpp>
#include <coco/quantize/semantic_ids.hpp>
#include <coco/statistics/kmeans.hpp>

namespace coco::quantize {

/// Settings of residual k-means.
struct ResidualKMeans {
    std::vector<Index> codes{256, 256, 256};  ///< K of each level
    Index iterations = 50;                    ///< of Lloyd's, at most
    std::uint64_t seed = 1;

    static auto settings(auto& c, auto&& visit) {
        return visit(setting("codes", c.codes, at_least(1)), setting("iterations", c.iterations, at_least(1)),
                     setting("seed", c.seed, any_natural));
    }
};

/// Semantic ids of a catalogue, and how much of the vectors they hold.
struct Quantized {
    SemanticIds ids;
    std::vector<double>
        left;          ///< mean squared length of what is quantised, and of what each level leaves of it
    double error = 0;  ///< mean squared distance of the item vectors to those restored from codes,
                       ///< divided by their variance: 0 is exact, 1 as good as their mean
};

/// Codebooks by k-means, level by level. \param rows  of `width` numbers, at least as many as codes
[[gnu::cold]] inline Codebooks residual_kmeans(std::span<const float> rows, Index width,
                                               const ResidualKMeans& config) {
    check_settings(config, "residual_kmeans");
    Codebooks books(width);
    std::vector<float> left(rows.begin(), rows.end());
    std::vector<Id> codes;
    for (std::size_t l = 0; l < config.codes.size(); ++l) {
        const Quad bits = philox(config.seed, l, 0x7265736964);
        const std::uint64_t seed = (std::uint64_t{bits.word[0]} << 32) | bits.word[1];
        books.add(
            statistics::kmeans(left, width, config.codes[l], seed, static_cast<int>(config.iterations)));
        books.take(static_cast<Index>(l), left, codes);
    }
    return books;
}

/// Semantic ids by k-means of the vectors themselves. Equal vectors count once.
/// \throws Error where there are no levels, or more codes in one than different vectors
[[gnu::cold]] inline Quantized quantize_by_kmeans(const ItemVectors& items, const ResidualKMeans& config) {
    items.require_enough_for(config.codes);
    const Codebooks books = residual_kmeans(items.rows(), items.width(), config);
    Quantized out;
    out.left = books(items.rows()).left;
    out.ids = items.ids(books(items.rows_and_zero()).codes, books.sizes());
    const double variance = items.variance();
    out.error = variance > 0 ? out.left.back() / variance : 0;
    return out;
}

}  // namespace coco::quantize
