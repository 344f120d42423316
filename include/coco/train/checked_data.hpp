// SPDX-License-Identifier: Apache-2.0
/// \file
/// What must hold of interactions before a training run takes them.
#pragma once

#include <string>

#include <coco/core/error.hpp>
#include <coco/data/interactions.hpp>
#include <coco/data/split.hpp>
#include <coco/io/history_digest.hpp>
#include <coco/sampling/known_items.hpp>

namespace coco {

/// Their digest. \param began_with  the digest of those with which the run began, empty where it begins
/// \throws Error naming user and item where one is not in the catalogue, or where the run began with others
inline std::string checked_data(const data::Interactions& train, const data::Cases& valid, Index items,
                                const std::string& began_with) {
    sampling::require_known_items(train, items, "train");
    sampling::require_known_items(valid, items, "valid");
    std::string digest = digest_of(train, valid);
    require(began_with.empty() || began_with == digest, "interactions",
            "not those with which this training run began", began_with, digest);
    return digest;
}

}  // namespace coco
