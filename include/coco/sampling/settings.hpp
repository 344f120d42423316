// SPDX-License-Identifier: Apache-2.0
/// \file
/// Settings of the conversion from histories to training samples; a checkpoint stores them.
#pragma once

#include <cstdint>

#include <coco/core/types.hpp>
#include <coco/text/history.hpp>

namespace coco {

/// The training stage that a step belongs to.
enum class TrainingStage : std::uint8_t { behaviour, joint };

/// Items that may not be drawn as negatives.
enum class NegativesFrom : bool {
    train,       ///< the user's train items
    all_leaking  ///< all of the user's items, including held-out ones, as in S3-Rec's code: a leak
};

/// Each prefix is a separate sample, or one pass trains every position of a window.
enum class Samples : std::uint8_t { prefixes, positions };

/// Positions are counted from the most recent item of a segment or from its oldest. CallCounts from the most
/// recent, the position of a row in the middle of a window gives the number of items that follow it (a leak
/// in positions mode, harmless with prefixes). CallCounts from the oldest, nothing leaks.
enum class Positions : std::uint8_t { recent, oldest };

/// How histories are converted to batches.
struct Sampling {
    Samples samples = Samples::prefixes;
    Positions positions = Positions::recent;
    Index window = 50;               ///< maximum number of history items in a backbone's input
    Index joint_targets = 4;         ///< targets per joint group (prefixes)
    double without_knowledge = 0.1;  ///< share of joint groups that train without knowledge (prefixes)
    text::HistoryBudget budget;      ///< limits of a user's text
};

}  // namespace coco
