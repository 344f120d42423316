// SPDX-License-Identifier: Apache-2.0
/// \file
/// Semantic ids as a setting: a checkpoint stores their digest, and they are given again where it is loaded.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <utility>

#include <coco/core/setting_list.hpp>
#include <coco/core/settings.hpp>
#include <coco/io/file_digest.hpp>
#include <coco/quantize/semantic_ids.hpp>

namespace coco::baseline {

/// The ids of all items, or none yet.
struct GivenIds {
    std::shared_ptr<const quantize::SemanticIds> ids;
    std::string digest;  ///< of tokens and levels; empty without ids

    GivenIds() = default;
    GivenIds(std::shared_ptr<const quantize::SemanticIds> given)  // NOLINT(google-explicit-constructor)
        : ids(std::move(given)) {
        if (!ids) return;
        io::XXH64 sum;
        sum.add(std::as_bytes(ids->sizes()));
        sum.add(std::as_bytes(ids->tokens()));
        digest = io::digest_text(sum.value());
    }

    static auto settings(auto& c, auto&& visit) { return visit(not_stored(), setting("digest", c.digest)); }
};

}  // namespace coco::baseline
