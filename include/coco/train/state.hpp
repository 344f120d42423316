// SPDX-License-Identifier: Apache-2.0
/// \file
/// State of a training run: all that a checkpoint needs besides tensors for an identical continuation. Its
/// keys in a checkpoint are those of the first version.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include <coco/core/error.hpp>
#include <coco/core/settings.hpp>
#include <coco/pipeline/sequential_recommender.hpp>
#include <coco/train/diagnostics.hpp>

namespace coco {

/// Early stopping of one training stage.
struct EarlyStopping {
    double score = -1;            ///< validation N@10
    Index epoch = 0;              ///< epoch of the best score, from 1; 0: none yet
    std::vector<double> history;  ///< score of each epoch

    static auto settings(auto& c, auto&& visit) {
        return visit(setting("score", c.score, between(-1, 1)), setting("epoch", c.epoch, at_least(0)),
                     setting("history", c.history, between(0, 1)));
    }

    /// Records an epoch's score; true where it is the best so far.
    bool record(double value) {
        history.push_back(value);
        if (value <= score) return false;
        score = value;
        epoch = static_cast<Index>(history.size());
        return true;
    }
    /// \throws Error where best score and epoch are not those of the history
    void check(const std::string& where) const {
        EarlyStopping again;
        for (const double value : history) again.record(value);
        require(again.epoch == epoch, where + ".epoch", "not the best of the history", text_of(again.epoch),
                text_of(epoch));
        require(again.score == score, where + ".score", "not the best of the history", text_of(again.score),
                text_of(score));
    }
    bool exhausted(Index patience) const { return static_cast<Index>(history.size()) - epoch >= patience; }
};

/// The position in the schedule.
struct TrainState {
    TrainingStage stage = TrainingStage::behaviour;
    bool begun = false;           ///< the stage's preparation (joint: initialising prompts) is done
    bool finished = false;        ///< both stages have ended
    bool channel_chosen = false;  ///< its lambda and gate, by validation
    Index batch = 0;              ///< batches done in the current epoch
    std::uint64_t step = 0;       ///< steps of both stages: keys random bits
    Index stage_step = 0;
    std::array<EarlyStopping, 2> best;  ///< one per stage
    TrainingDiagnostics diagnostics;    ///< of the current epoch, or of the last one

    static auto settings(auto& c, auto&& visit) {
        return visit(setting("phase", c.stage), setting("begun", c.begun), setting("finished", c.finished),
                     not_stored(), setting("batch", c.batch, at_least(0)),
                     setting("step", c.step, at_least(0)), setting("phase_step", c.stage_step, at_least(0)),
                     setting("best", c.best), setting("vitals", c.diagnostics));
    }

    /// The next stage, or the end.
    void end_stage(bool joint_follows) {
        finished = stage == TrainingStage::joint || !joint_follows;
        if (finished) return;
        stage = TrainingStage::joint;
        begun = false;
    }

    /// \throws Error where the numbers contradict each other: no training run has such a state
    void check(const std::string& where) const {
        const auto at_most = [&](const char* name, Index value, std::uint64_t most) {
            require(static_cast<std::uint64_t>(value) <= most, where + name, "out of range",
                    text_of("0 to ", most), text_of(value));
        };
        at_most(".phase_step", stage_step, step);
        at_most(".batch", batch, static_cast<std::uint64_t>(stage_step));
        require(stage == TrainingStage::joint || static_cast<std::uint64_t>(stage_step) == step,
                where + ".phase_step", "not the steps of the first stage", text_of(step),
                text_of(stage_step));
        best[0].check(where + ".best[0]");
        best[1].check(where + ".best[1]");
        at_most(".vitals.steps", diagnostics.steps, step);
        require(batch == 0 || diagnostics.steps == batch, where + ".vitals.steps",
                "not those of the current epoch", text_of(batch), text_of(diagnostics.steps));
        diagnostics.check(where + ".vitals");
    }

    /// Number of completed epochs of the current stage.
    Index epoch() const { return static_cast<Index>(best[static_cast<std::size_t>(stage)].history.size()); }
};

}  // namespace coco
