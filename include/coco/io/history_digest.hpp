// SPDX-License-Identifier: Apache-2.0
/// \file
/// Digests of histories, by which knowledge and checkpoints know the data that they were made with.
#pragma once

#include <array>
#include <span>
#include <string>

#include <coco/core/error.hpp>
#include <coco/data/interactions.hpp>
#include <coco/data/split.hpp>
#include <coco/io/file_digest.hpp>

namespace coco {

namespace io {

inline void add_history(XXH64& sum, std::span<const Id> items) {
    const Id length = static_cast<Id>(items.size());
    sum.add(std::as_bytes(std::span(&length, 1)));
    sum.add(std::as_bytes(items));
}

}  // namespace io

/// A digest of all histories.
inline std::string digest_of(const data::Interactions& histories) {
    io::XXH64 sum;
    for (Id user = 0; user < static_cast<Id>(histories.users()); ++user)
        io::add_history(sum, histories.of(user));
    return text_of(sum.value());
}

/// A digest of what a model is trained and validated with.
inline std::string digest_of(const data::Interactions& train, const data::Cases& valid) {
    io::XXH64 sum;
    for (Id user = 0; user < static_cast<Id>(train.users()); ++user) io::add_history(sum, train.of(user));
    for (Index i = 0; i < valid.size(); ++i) {
        const data::Case each = valid[i];
        const std::array<Id, 2> of{each.user, each.target};
        sum.add(std::as_bytes(std::span<const Id>(of)));
        io::add_history(sum, each.history);
    }
    return io::digest_text(sum.value());
}

}  // namespace coco
