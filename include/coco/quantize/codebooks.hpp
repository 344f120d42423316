// SPDX-License-Identifier: Apache-2.0
/// \file
/// Levels of codebooks on the host, and the codes of rows by exact distances: the first level's nearest code,
/// the nearest of the second level to what is left, and so on.
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include <coco/core/error.hpp>
#include <coco/core/types.hpp>
#include <coco/statistics/nearest_row.hpp>

namespace coco::quantize {

/// Codes of rows, rows x levels, and the mean squared length of what each level leaves; that of the rows
/// themselves comes first.
struct Coded {
    std::vector<Id> codes;
    std::vector<double> left;
};

/// Codebooks of one width.
class Codebooks {
public:
    explicit Codebooks(Index width) : width_(width) {}

    /// Appends a level. \param codes  K x width, K at least 1
    void add(std::vector<float> codes) {
        require(!codes.empty() && codes.size() % static_cast<std::size_t>(width_) == 0, "codebooks",
                "codes are not rows of the width", text_of("a multiple of ", width_), text_of(codes.size()));
        search_.emplace_back(codes, width_);
        sizes_.push_back(static_cast<Index>(codes.size()) / width_);
        codes_.push_back(std::move(codes));
    }

    Index width() const { return width_; }
    Index levels() const { return static_cast<Index>(codes_.size()); }
    /// K of each level.
    std::span<const Index> sizes() const { return sizes_; }
    /// K x width.
    std::span<const float> codes(Index level) const { return codes_[static_cast<std::size_t>(level)]; }

    /// Codes of rows at one level; each row becomes what the code leaves of it. \return its mean squared
    /// length
    double take(Index level, std::span<float> rows, std::vector<Id>& codes) const {
        const std::size_t w = static_cast<std::size_t>(width_), n = rows.size() / w,
                          l = static_cast<std::size_t>(level);
        codes.resize(n);
        double squares = 0;
        for (std::size_t i = 0; i < n; ++i) {
            const std::span<float> row = rows.subspan(i * w, w);
            const std::size_t code = search_[l](row).row;
            codes[i] = static_cast<Id>(code);
            for (std::size_t j = 0; j < w; ++j) {
                row[j] -= codes_[l][code * w + j];
                squares += static_cast<double>(row[j]) * static_cast<double>(row[j]);
            }
        }
        return n == 0 ? 0 : squares / static_cast<double>(n);
    }

    /// \param rows  rows x width
    Coded operator()(std::span<const float> rows) const {
        const std::size_t w = static_cast<std::size_t>(width_), n = rows.size() / w, levels = codes_.size();
        std::vector<float> left(rows.begin(), rows.end());
        Coded out;
        out.codes.resize(n * levels);
        double squares = 0;
        for (const float x : rows) squares += static_cast<double>(x) * static_cast<double>(x);
        out.left.push_back(n == 0 ? 0 : squares / static_cast<double>(n));
        std::vector<Id> level;
        for (std::size_t l = 0; l < levels; ++l) {
            out.left.push_back(take(static_cast<Index>(l), left, level));
            for (std::size_t i = 0; i < n; ++i) out.codes[i * levels + l] = level[i];
        }
        return out;
    }

    /// Sums of codes, rows x width. \param codes  rows x levels
    std::vector<float> sums(std::span<const Id> codes) const {
        const std::size_t w = static_cast<std::size_t>(width_), levels = codes_.size(),
                          n = codes.size() / levels;
        std::vector<float> out(n * w, 0.0f);
        for (std::size_t i = 0; i < n; ++i)
            for (std::size_t l = 0; l < levels; ++l)
                for (std::size_t j = 0; j < w; ++j)
                    out[i * w + j] += codes_[l][static_cast<std::size_t>(codes[i * levels + l]) * w + j];
        return out;
    }

private:
    Index width_;
    std::vector<Index> sizes_;
    std::vector<std::vector<float>> codes_;
    std::vector<statistics::NearestRow> search_;
};

}  // namespace coco::quantize
