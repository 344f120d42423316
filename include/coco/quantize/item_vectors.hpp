// SPDX-License-Identifier: Apache-2.0
/// \file
/// Vectors of items as quantisation takes them: each different vector once, so that items of equal texts have
/// equal codes whatever the arithmetic, and items without text apart.
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <coco/core/error.hpp>
#include <coco/core/types.hpp>
#include <coco/io/finite.hpp>
#include <coco/quantize/semantic_ids.hpp>

namespace coco::quantize {

/// The different vectors of some items. A row of zeros is an item without text: codebooks are not fitted to
/// it, and all such items get the codes of the vector zero.
class ItemVectors {
public:
    /// \param vectors  items x width  \throws Error naming the first row with a number that is not finite
    [[gnu::cold]] ItemVectors(std::span<const float> vectors, Index width) : width_(width) {
        require(width > 0 && vectors.size() % static_cast<std::size_t>(width) == 0, "item vectors",
                "not rows of the width", text_of("a multiple of ", width), text_of(vectors.size()));
        io::require_finite(vectors, width, "item vectors");
        const std::size_t w = static_cast<std::size_t>(width);
        std::unordered_map<std::string_view, Id> known;
        for (std::size_t i = 0; i < vectors.size() / w; ++i) {
            const std::span<const float> row = vectors.subspan(i * w, w);
            if (std::all_of(row.begin(), row.end(), [](float x) { return x == 0.0f; })) {
                row_of_.push_back(no_id);
                ++without_text_;
                continue;
            }
            const std::string_view bytes(reinterpret_cast<const char*>(row.data()), row.size_bytes());
            const auto [at, fresh] = known.emplace(bytes, static_cast<Id>(known.size()));
            if (fresh) rows_.insert(rows_.end(), row.begin(), row.end());
            row_of_.push_back(at->second);
        }
    }

    Index width() const { return width_; }
    Index items() const { return static_cast<Index>(row_of_.size()); }
    Index without_text() const { return without_text_; }
    /// The different vectors, in the order of the first item of each, none of them zero.
    std::span<const float> rows() const { return rows_; }
    Index size() const { return static_cast<Index>(rows_.size()) / width_; }
    /// For each item its row; `no_id` for an item without text.
    std::span<const Id> row_of() const { return row_of_; }
    /// Those rows and, as the last, a row of zeros.
    std::vector<float> rows_and_zero() const {
        std::vector<float> all(rows_.size() + static_cast<std::size_t>(width_));
        std::copy(rows_.begin(), rows_.end(), all.begin());
        return all;
    }
    /// Mean squared distance of the rows to their mean.
    double variance() const {
        const std::size_t w = static_cast<std::size_t>(width_), n = rows_.size() / w;
        std::vector<double> mean(w, 0.0);
        for (std::size_t i = 0; i < rows_.size(); ++i) mean[i % w] += static_cast<double>(rows_[i]);
        double sum = 0;
        for (std::size_t i = 0; i < rows_.size(); ++i) {
            const double d = static_cast<double>(rows_[i]) - mean[i % w] / static_cast<double>(n);
            sum += d * d;
        }
        return n == 0 ? 0 : sum / static_cast<double>(n);
    }

    /// \throws Error where a codebook has more codes than there are different vectors
    void require_enough_for(std::span<const Index> codes) const {
        const Index most = codes.empty() ? 0 : *std::max_element(codes.begin(), codes.end());
        require(most <= size(), "quantisation: codes", "more codes in a level than different item vectors",
                text_of("at most ", size()), text_of(most));
    }

    /// Ids of the items. \param codes  of `rows_and_zero()`, (size() + 1) x levels
    SemanticIds ids(std::span<const Id> codes, std::span<const Index> sizes, Index specials = 1) const {
        const std::size_t levels = sizes.size(), zero = static_cast<std::size_t>(size());
        require(codes.size() == (zero + 1) * levels, "quantisation: codes", "wrong number",
                text_of((zero + 1) * levels), text_of(codes.size()));
        std::vector<Id> of_items;
        of_items.reserve(row_of_.size() * levels);
        for (const Id row : row_of_) {
            const auto from =
                codes.subspan((row == no_id ? zero : static_cast<std::size_t>(row)) * levels, levels);
            of_items.insert(of_items.end(), from.begin(), from.end());
        }
        return {of_items, sizes, specials};
    }

private:
    Index width_, without_text_ = 0;
    std::vector<float> rows_;
    std::vector<Id> row_of_;
};

}  // namespace coco::quantize
