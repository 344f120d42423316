// SPDX-License-Identifier: Apache-2.0
/// \file
/// What a backbone is given: packed histories and all that is known of each row.
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
    Inverse<P> by_position;  ///< likewise
    Ids<P> row_key;          ///< keys the random bits of a row
};

/// The rows that predict something.
template <class P>
struct Targets {
    Ids<P> row;          ///< which row of the sequence predicts
    Inverse<P> by_row;   ///< for the gradient of those rows
    Ids<P> item;         ///< what came next
    Inverse<P> by_item;  ///< for the gradient of target vectors
    Ids<P> negative;     ///< an item that did not, one a target; only for losses that sample
    Inverse<P> by_negative;
    Segments<P> of_segment;   ///< targets that share one piece of knowledge
    Segments<P> excluded_of;  ///< for each target a stretch of `excluded`
    Ids<P> excluded;  ///< targets that are no negatives of it: its group's others, repeats of its item
};

}  // namespace coco
