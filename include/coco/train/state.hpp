// SPDX-License-Identifier: Apache-2.0
/// \file
/// Where a run stands: all that a checkpoint needs beside tensors to go on as if it had never stopped.
#pragma once

#include <cstdint>
#include <vector>

#include <coco/pipeline/sequential_recommender.hpp>
#include <coco/train/diagnostics.hpp>

namespace coco {

/// Early stopping of one phase.
struct Best {
    double score = -1;            ///< validation N@10
    Index epoch = 0;              ///< from 1; 0: none yet
    std::vector<double> history;  ///< of each epoch

    /// Notes an epoch's score; true where it is the best so far.
    bool note(double value) {
        history.push_back(value);
        if (value <= score) return false;
        score = value;
        epoch = static_cast<Index>(history.size());
        return true;
    }
    bool exhausted(Index patience) const { return static_cast<Index>(history.size()) - epoch >= patience; }
};

/// The position in the schedule.
struct TrainState {  // NOLINT: names made by Boost.Hana's macro
    TrainingStage stage = TrainingStage::behaviour;
    bool begun = false;      ///< the phase's preparation (joint: starting prompts) is done
    bool finished = false;   ///< both phases have ended
    Index batch = 0;         ///< batches done of the epoch under way
    std::uint64_t step = 0;  ///< steps of both phases: keys random bits
    Index stage_step = 0;
    Best best[2];                     ///< a phase each
    TrainingDiagnostics diagnostics;  ///< of the epoch under way, or of the last

    /// Whole epochs done in the present phase.
    Index epoch() const { return static_cast<Index>(best[static_cast<int>(stage)].history.size()); }
};

}  // namespace coco
