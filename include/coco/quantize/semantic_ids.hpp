// SPDX-License-Identifier: Apache-2.0
/// \file
/// Semantic ids (Rajput et al., "Recommender Systems with Generative Retrieval", NeurIPS 2023): an item as a
/// short tuple of tokens, the codes by which its vector was quantised level by level. Similar items share
/// their first tokens. A last token, a running index among items of equal codes, tells these apart.
#pragma once

#include <algorithm>
#include <cstddef>
#include <limits>
#include <numeric>
#include <span>
#include <utility>
#include <vector>

#include <coco/core/error.hpp>
#include <coco/core/types.hpp>

namespace coco::quantize {

/// The tuples of all items of a catalogue; no two are equal. Each level has tokens of its own: code c of
/// level l is the token first_token(l) + c, so that one vocabulary holds all. Tokens below first_token(0) are
/// `specials`, for the model that reads the ids (padding, the beginning of a sequence).
class SemanticIds {
public:
    SemanticIds() = default;
    /// \param codes     items x sizes.size(), row-major: code l of an item is in 0 .. sizes[l]-1
    /// \param sizes     codes of each level's codebook
    /// \throws Error naming item and level where a code is out of range, or where sizes do not fit
    [[gnu::cold]] SemanticIds(std::span<const Id> codes, std::span<const Index> sizes, Index specials = 1)
        : coded_(static_cast<Index>(sizes.size())), specials_(specials), sizes_(sizes.begin(), sizes.end()) {
        constexpr const char* where = "semantic ids";
        require(coded_ >= 1, where, "no levels", "at least 1");
        require(specials >= 0, where, "special tokens out of range", "at least 0", text_of(specials));
        for (const Index size : sizes)
            require(size >= 1, where, "a level without codes", "at least 1", text_of(size));
        const std::size_t coded = sizes.size();
        require(codes.size() % coded == 0, where, "codes are not rows of the levels",
                text_of("a multiple of ", coded), text_of(codes.size()));
        for (std::size_t i = 0; i < codes.size(); ++i)
            if (codes[i] < 0 || codes[i] >= sizes[i % coded])
                throw Error(text_of(where, ": item ", i / coded, ", level ", i % coded), "no such code",
                            text_of("0 to ", sizes[i % coded] - 1), text_of(codes[i]));
        const std::vector<Id> index = running_index(codes, coded);
        sizes_.push_back(index.empty() ? 1 : *std::max_element(index.begin(), index.end()) + 1);
        first_.push_back(specials);
        for (const Index size : sizes_) first_.push_back(first_.back() + size);
        require(vocabulary() <= std::numeric_limits<Id>::max(), where, "too many tokens",
                text_of("at most ", std::numeric_limits<Id>::max()), text_of(vocabulary()));
        tokens_.reserve(index.size() * (coded + 1));
        for (std::size_t item = 0; item < index.size(); ++item) {
            for (std::size_t l = 0; l < coded; ++l)
                tokens_.push_back(static_cast<Id>(first_[l] + codes[item * coded + l]));
            tokens_.push_back(static_cast<Id>(first_[coded] + index[item]));
        }
    }

    Index items() const { return levels() == 0 ? 0 : static_cast<Index>(tokens_.size()) / levels(); }
    /// Tokens of an item: one for each codebook, and the running index.
    Index levels() const { return static_cast<Index>(sizes_.size()); }
    /// Levels that a codebook has: all but the last.
    Index coded_levels() const { return coded_; }
    /// Tokens of each level; that of the last is the size of the largest group of items with equal codes.
    std::span<const Index> sizes() const { return sizes_; }
    Index size(Index level) const { return sizes_[static_cast<std::size_t>(level)]; }
    Index specials() const { return specials_; }
    /// All tokens, the special ones among them.
    Index vocabulary() const { return first_.empty() ? 0 : first_.back(); }
    /// The token of code 0 of a level; `first_token(levels())` is `vocabulary()`.
    Id first_token(Index level) const { return static_cast<Id>(first_[static_cast<std::size_t>(level)]); }

    /// The tuple of an item, `levels()` tokens.
    std::span<const Id> tokens(Id item) const {
        const std::size_t n = sizes_.size();
        return std::span<const Id>(tokens_).subspan(static_cast<std::size_t>(item) * n, n);
    }
    /// All of them, items x levels, row-major.
    std::span<const Id> tokens() const { return tokens_; }
    /// A token counted within its level.
    Id code(Id item, Index level) const {
        return tokens(item)[static_cast<std::size_t>(level)] - first_token(level);
    }

    bool operator==(const SemanticIds&) const = default;

private:
    /// For each item the number of items before it that have the same codes.
    static std::vector<Id> running_index(std::span<const Id> codes, std::size_t coded) {
        const auto row = [&](std::size_t item) { return codes.subspan(item * coded, coded); };
        std::vector<std::size_t> order(codes.size() / coded);
        std::iota(order.begin(), order.end(), std::size_t{0});
        std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
            const auto [x, y] = std::mismatch(row(a).begin(), row(a).end(), row(b).begin());
            return x == row(a).end() ? a < b : *x < *y;
        });
        std::vector<Id> index(order.size(), 0);
        for (std::size_t k = 1; k < order.size(); ++k)
            if (std::equal(row(order[k]).begin(), row(order[k]).end(), row(order[k - 1]).begin()))
                index[order[k]] = index[order[k - 1]] + 1;
        return index;
    }

    Index coded_ = 0, specials_ = 0;
    std::vector<Index> sizes_, first_;  ///< levels; levels + 1
    std::vector<Id> tokens_;            ///< items x levels
};

}  // namespace coco::quantize
