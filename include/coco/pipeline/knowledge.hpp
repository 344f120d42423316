// SPDX-License-Identifier: Apache-2.0
/// \file
/// The knowledge that the language model gives about each user: a few rows of the recommender's width,
/// computed occasionally and reused until they are computed again. Immutable once built.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <coco/core/error.hpp>
#include <coco/core/types.hpp>

namespace coco {

/// Maps each user to rows x width, with the number of history items they were extracted from (the cut).
/// Copies share the numbers, which may lie in a mapped file.
class Knowledge {
public:
    Knowledge() = default;
    /// \param offsets  users + 1 offsets into rows
    /// \param cuts     one per user; 0 for users without knowledge
    Knowledge(Index width, std::vector<Index> offsets, std::vector<float> rows, std::vector<Id> cuts)
        : Knowledge(width, std::make_shared<const Lists>(
                               Lists{std::move(offsets), std::move(rows), std::move(cuts)})) {}
    /// The same without copying the numbers. \param owner  keeps them alive
    Knowledge(Index width, std::span<const Index> offsets, std::span<const float> rows,
              std::span<const Id> cuts, std::shared_ptr<const void> owner)
        : width_(width), offsets_(offsets), rows_(rows), cuts_(cuts), owner_(std::move(owner)) {
        require(!offsets_.empty() && offsets_.size() == cuts_.size() + 1, "knowledge",
                "offsets and cuts do not fit", text_of(cuts_.size() + 1, " offsets"),
                text_of(offsets_.size()));
        require(offsets_.front() == 0, "knowledge", "offsets do not begin at 0", "0",
                text_of(offsets_.front()));
        for (std::size_t u = 0; u + 1 < offsets_.size(); ++u)
            if (offsets_[u] > offsets_[u + 1])
                throw Error(text_of("knowledge of user ", u), "offsets do not ascend");
        require(static_cast<Index>(rows_.size()) == offsets_.back() * width, "knowledge", "rows do not fit",
                text_of(offsets_.back() * width, " numbers"), text_of(rows_.size()));
    }

    Index width() const { return width_; }
    Index users() const { return static_cast<Index>(cuts_.size()); }
    bool empty() const { return cuts_.empty(); }

    /// Number of knowledge rows of a user; 0 for users beyond the last.
    Index rows_of(Id user) const {
        return user < 0 || user >= users() ? 0 : offsets_[index(user) + 1] - offsets_[index(user)];
    }
    /// These rows, consecutively.
    std::span<const float> of(Id user) const {
        if (rows_of(user) == 0) return {};
        return rows_.subspan(static_cast<std::size_t>(offsets_[index(user)] * width_),
                             static_cast<std::size_t>(rows_of(user) * width_));
    }
    /// Number of history items from which the user's knowledge was extracted.
    Index cut(Id user) const { return user < 0 || user >= users() ? 0 : cuts_[index(user)]; }

    /// Digest of the parameters of the model that it was extracted with; empty where that is not known.
    const std::string& parameters() const { return parameters_; }
    void set_parameters(std::string digest) { parameters_ = std::move(digest); }

    std::span<const Index> offsets() const { return offsets_; }
    std::span<const float> rows() const { return rows_; }
    std::span<const Id> cuts() const { return cuts_; }

private:
    struct Lists {
        std::vector<Index> offsets;
        std::vector<float> rows;
        std::vector<Id> cuts;
    };
    Knowledge(Index width, const std::shared_ptr<const Lists>& lists)
        : Knowledge(width, lists->offsets, lists->rows, lists->cuts, lists) {}

    static std::size_t index(Id user) { return static_cast<std::size_t>(user); }

    Index width_ = 0;
    std::span<const Index> offsets_;
    std::span<const float> rows_;
    std::span<const Id> cuts_;
    std::shared_ptr<const void> owner_;
    std::string parameters_;
};

}  // namespace coco
