// SPDX-License-Identifier: Apache-2.0
/// \file
/// State of a training run: all that a checkpoint needs besides tensors for an identical continuation.
#pragma once

#include <cstdint>
#include <vector>

#include <coco/pipeline/sequential_recommender.hpp>
#include <coco/train/diagnostics.hpp>

namespace coco {

/// Early stopping of one training stage.
struct EarlyStopping {
    double score = -1;            ///< validation N@10
    Index epoch = 0;              ///< epoch of the best score, from 1; 0: none yet
    std::vector<double> history;  ///< score of each epoch

    /// Records an epoch's score; true where it is the best so far.
    bool record(double value) {
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
    bool begun = false;           ///< the stage's preparation (joint: initialising prompts) is done
    bool finished = false;        ///< both stages have ended
    bool channel_chosen = false;  ///< its lambda and gate, by validation
    Index batch = 0;              ///< batches done in the current epoch
    std::uint64_t step = 0;       ///< steps of both stages: keys random bits
    Index stage_step = 0;
    EarlyStopping best[2];            ///< one per stage
    TrainingDiagnostics diagnostics;  ///< of the current epoch, or of the last one

    /// Number of completed epochs of the current stage.
    Index epoch() const { return static_cast<Index>(best[static_cast<int>(stage)].history.size()); }
};

}  // namespace coco
