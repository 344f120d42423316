// SPDX-License-Identifier: Apache-2.0
/// \file
/// How histories become training samples: values that a checkpoint holds.
#pragma once

#include <cstdint>

#include <coco/core/types.hpp>
#include <coco/text/history.hpp>

namespace coco {

/// Which part of the schedule a step belongs to.
enum class TrainingStage : std::uint8_t { behaviour, joint };

/// Which items a sampled negative may not be.
enum class NegativesFrom : bool {
    train,       ///< the user's train items
    all_leaking  ///< all of the user's items, held-out ones too, as S3-Rec's code does: a leak
};

/// One pass trains every position of a window, or each prefix is a sample of its own.
enum class Samples : std::uint8_t { prefixes, positions };

/// Positions are counted from the most recent item of a segment or from its oldest. Counted from the most
/// recent, a row in the middle of a window knows how many items follow it (a leak of their number in
/// positions mode, harmless with prefixes); from the oldest, nothing leaks.
enum class Positions : std::uint8_t { recent, oldest };

/// How histories become batches.
struct Sampling {
    Samples samples = Samples::prefixes;
    Positions positions = Positions::recent;
    Index window = 50;               ///< items of a history that a backbone sees
    Index joint_targets = 4;         ///< targets a joint group trains, where each is a prefix
    double without_knowledge = 0.1;  ///< share of joint groups that train with an empty segment (prefixes)
    text::HistoryBudget budget;      ///< of a user's text
};

}  // namespace coco
