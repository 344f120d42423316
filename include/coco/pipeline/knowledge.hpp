// SPDX-License-Identifier: Apache-2.0
/// \file
/// What the language model is known to say of each user: a few rows of the recommender's width, made now and
/// then and used until made again. Immutable once built.
#pragma once

#include <span>
#include <string>
#include <utility>
#include <vector>

#include <coco/core/config.hpp>
#include <coco/core/error.hpp>

namespace coco {

/// user -> rows x width, with the number of history items they were made of (the cut).
class Knowledge {
public:
    Knowledge() = default;
    /// \param offsets  users + 1 of them, into rows
    /// \param cuts     a number a user; 0 for users nothing is known of
    Knowledge(Index width, std::vector<Index> offsets, std::vector<float> rows, std::vector<Id> cuts)
        : width_(width), offsets_(std::move(offsets)), rows_(std::move(rows)), cuts_(std::move(cuts)) {
        require(!offsets_.empty() && offsets_.size() == cuts_.size() + 1, "knowledge",
                "offsets and cuts do not fit", text_of(cuts_.size() + 1, " offsets"),
                text_of(offsets_.size()));
        for (std::size_t u = 0; u + 1 < offsets_.size(); ++u)
            require(offsets_[u] <= offsets_[u + 1], text_of("knowledge of user ", u),
                    "offsets do not ascend");
        require(static_cast<Index>(rows_.size()) == offsets_.back() * width, "knowledge", "rows do not fit",
                text_of(offsets_.back() * width, " numbers"), text_of(rows_.size()));
    }

    Index width() const { return width_; }
    Index users() const { return static_cast<Index>(cuts_.size()); }
    bool empty() const { return cuts_.empty(); }

    /// How many rows are known of a user; 0 for users beyond the last.
    Index rows_of(Id user) const {
        return user < 0 || user >= users() ? 0 : offsets_[index(user) + 1] - offsets_[index(user)];
    }
    /// Those rows, one after the other.
    std::span<const float> of(Id user) const {
        if (rows_of(user) == 0) return {};
        return {rows_.data() + offsets_[index(user)] * width_,
                static_cast<std::size_t>(rows_of(user) * width_)};
    }
    /// Items of the user's history that the knowledge was made of.
    Index cut(Id user) const { return user < 0 || user >= users() ? 0 : cuts_[index(user)]; }

    const std::vector<Index>& offsets() const { return offsets_; }
    const std::vector<float>& rows() const { return rows_; }
    const std::vector<Id>& cuts() const { return cuts_; }

private:
    static std::size_t index(Id user) { return static_cast<std::size_t>(user); }

    Index width_ = 0;
    std::vector<Index> offsets_;
    std::vector<float> rows_;
    std::vector<Id> cuts_;
};

}  // namespace coco
