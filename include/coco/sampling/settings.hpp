// SPDX-License-Identifier: Apache-2.0
/// \file
/// Settings of the conversion from histories to training samples; a checkpoint stores them.
#pragma once

#include <array>
#include <cstdint>

#include <coco/core/settings.hpp>
#include <coco/core/types.hpp>
#include <coco/text/history.hpp>

namespace coco {

/// Items that may not be drawn as negatives.
enum class NegativesFrom : bool {
    train,       ///< the user's train items
    all_leaking  ///< all of the user's items, including held-out ones, as in S3-Rec's code: a leak
};
inline auto names_of(NegativesFrom) {
    return std::array{NameOf{NegativesFrom::train, "train"},
                      NameOf{NegativesFrom::all_leaking, "all_leaking"}};
}

/// What a training sample is.
enum class Samples : std::uint8_t {
    prefixes,   ///< each prefix by itself, as in evaluation
    positions,  ///< one pass trains every position of a window
    cloze,      ///< items of a window are masked and predicted from those on both sides (BERT4Rec)
    by_data  ///< prefixes where they pack few enough rows, see `sampling::kind_for`; `Trainer::fit` decides
};
inline auto names_of(Samples) {
    return std::array{NameOf{Samples::prefixes, "prefixes"}, NameOf{Samples::positions, "positions"},
                      NameOf{Samples::cloze, "cloze"}, NameOf{Samples::by_data, "by_data"}};
}

/// Positions are counted from the most recent item of a segment or from its oldest. Counted from the most
/// recent, the position of a row in the middle of a window gives the number of items that follow it (a leak
/// in positions mode, harmless with prefixes). Counted from the oldest, nothing leaks.
enum class Positions : std::uint8_t { recent, oldest };
inline auto names_of(Positions) {
    return std::array{NameOf{Positions::recent, "recent"}, NameOf{Positions::oldest, "oldest"}};
}

/// Maximum of `Sampling::joint_targets`.
inline constexpr Index max_joint_targets = 64;

/// How histories are converted to batches.
struct Sampling {
    Samples samples = Samples::by_data;
    Positions positions = Positions::recent;
    Index window = 50;               ///< maximum number of rows of a history in a backbone's input
    Index future = 1;                ///< a target is drawn from that many next items (positions, prefixes)
    double masked = 0.2;             ///< share of a window's items that are masked (cloze)
    double only_last = 0;            ///< share of windows in which the newest item alone is masked (cloze)
    Index joint_targets = 4;         ///< targets per joint group (prefixes)
    double without_knowledge = 0.1;  ///< share of joint groups that train without knowledge (prefixes)
    text::HistoryBudget budget;      ///< limits of a user's text

    static auto settings(auto& c, auto&& visit) {
        return visit(
            setting("samples", c.samples), setting("positions", c.positions),
            setting("window", c.window, at_least(1)), setting("future", c.future, at_least(1)),
            setting("masked", c.masked, above(0, 1)), setting("only_last", c.only_last, between(0, 1)),
            setting("joint_targets", c.joint_targets, between(1, max_joint_targets)),
            setting("without_knowledge", c.without_knowledge, below(0, 1)), setting("budget", c.budget));
    }
};

}  // namespace coco
