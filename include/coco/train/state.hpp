// SPDX-License-Identifier: Apache-2.0
/// \file
/// State of a training run: all that a checkpoint needs besides tensors for an identical continuation. Its
/// keys in a checkpoint are those of the first version.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <coco/core/error.hpp>
#include <coco/core/names.hpp>
#include <coco/core/settings.hpp>
#include <coco/train/diagnostics.hpp>
#include <coco/train/stage_settings.hpp>

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
    std::string stage = "behaviour";  ///< name of the current one
    bool begun = false;               ///< the stage's preparation (joint: initialising prompts) is done
    bool finished = false;            ///< all stages have ended
    bool channel_chosen = false;      ///< its lambda and gate, by validation
    Index batch = 0;                  ///< batches done in the current epoch
    std::uint64_t step = 0;           ///< steps of all stages: keys random bits
    Index stage_step = 0;
    std::vector<EarlyStopping> best = std::vector<EarlyStopping>(2);  ///< one per stage
    TrainingDiagnostics diagnostics;  ///< of the current epoch, or of the last one

    static auto settings(auto& c, auto&& visit) {
        return visit(setting("phase", c.stage), setting("begun", c.begun), setting("finished", c.finished),
                     not_stored(), setting("batch", c.batch, at_least(0)),
                     setting("step", c.step, at_least(0)), setting("phase_step", c.stage_step, at_least(0)),
                     setting("best", c.best), setting("vitals", c.diagnostics));
    }

    /// The current stage's place in a list. \throws Error where it is not in the list
    std::size_t index(const std::vector<StageSettings>& stages) const {
        for (std::size_t s = 0; s < stages.size(); ++s)
            if (stages[s].name == stage) return s;
        std::vector<std::string_view> names;
        for (const StageSettings& s : stages) names.push_back(s.name);
        throw Error("phase", "no stage of this schedule", one_of(names), stage);
    }

    /// The current stage's preparation is done.
    void begin_stage() {
        begun = true;
        stage_step = batch = 0;
    }

    /// The next stage that has epochs, or the end.
    void end_stage(const std::vector<StageSettings>& stages) {
        std::size_t next = index(stages) + 1;
        while (next < stages.size() && stages[next].epochs == 0) ++next;
        finished = next == stages.size();
        if (finished) return;
        stage = stages[next].name;
        begun = false;
    }

    /// \throws Error where it is not a state of a run of these stages
    void check(const std::string& where, const std::vector<StageSettings>& stages) const {
        std::size_t current = 0;
        try {
            current = index(stages);
        } catch (const Error& problem) {
            throw Error(text_of(where, ".", problem.where()), problem.problem(), problem.expected(),
                        problem.found());
        }
        require(best.size() == stages.size(), where + ".best", "not one for each stage",
                text_of(stages.size()), text_of(best.size()));
        require(current > 0 || static_cast<std::uint64_t>(stage_step) == step, where + ".phase_step",
                "not the steps of the first stage", text_of(step), text_of(stage_step));
        for (std::size_t s = current + 1; s < best.size(); ++s)
            require(best[s].history.empty(), text_of(where, ".best[", s, "].history"),
                    "of a stage not yet begun", "none", text_of(best[s].history.size(), " epochs"));
    }

    /// \throws Error where the numbers contradict each other: no training run has such a state
    void check(const std::string& where) const {
        const auto at_most = [&](const char* name, Index value, std::uint64_t most) {
            require(static_cast<std::uint64_t>(value) <= most, where + name, "out of range",
                    text_of("0 to ", most), text_of(value));
        };
        at_most(".phase_step", stage_step, step);
        at_most(".batch", batch, static_cast<std::uint64_t>(stage_step));
        for (std::size_t s = 0; s < best.size(); ++s) best[s].check(text_of(where, ".best[", s, "]"));
        at_most(".vitals.steps", diagnostics.steps, step);
        require(batch == 0 || diagnostics.steps == batch, where + ".vitals.steps",
                "not those of the current epoch", text_of(batch), text_of(diagnostics.steps));
        diagnostics.check(where + ".vitals");
    }
};

}  // namespace coco
