// SPDX-License-Identifier: Apache-2.0
/// \file
/// The input of a backbone: packed histories, and the item, position and key of each row.
#pragma once

#include <coco/exec/primitives.hpp>
#include <coco/store/ragged.hpp>

namespace coco {

/// Packed histories, oldest item first in each segment.
template <class P>
struct Sequence {
    Segments<P> segments;
    Ids<P> item;             ///< of each row
    Inverse<P> by_item;      ///< for the gradient of item vectors; may be empty when not training
    Ids<P> position;         ///< of each row, 0 .. window-1
    Inverse<P> by_position;  ///< for the gradient of position vectors; likewise
    Ids<P> row_key;          ///< keys the random bits of each row
};

/// The rows that predict something.
template <class P>
struct Targets {
    Ids<P> row;          ///< which row of the sequence predicts it
    Inverse<P> by_row;   ///< for the gradient of those rows
    Ids<P> item;         ///< the next item
    Inverse<P> by_item;  ///< for the gradient of target vectors
    Ids<P> negative;     ///< a sampled item, one per target; only for losses with sampled negatives
    Inverse<P> by_negative;
    Segments<P> of_segment;  ///< targets that share one piece of knowledge
    Ids<P> shared;           ///< sampled items that all targets share; only for losses that ask for them
    Inverse<P> by_shared;
    Ids<P> shared_weight, item_weight;  ///< chance of a draw to be a shared item, or a target's: of
    Index shared_total = 1;             ///< so many
    Ids<P> self;                        ///< 0 .. targets-1
    Segments<P> excluded_of;            ///< for each target a slice of `excluded`
    Ids<P> excluded;  ///< targets that are not its negatives: others of its group, repeats of its item
};

}  // namespace coco
