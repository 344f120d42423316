// SPDX-License-Identifier: Apache-2.0
/// \file
/// Learns semantic columns from all train targets by cross-fitting: for each fold of users a behaviour is
/// fitted on the others, so that it has not seen the targets of that fold; one set of columns then learns
/// from the folds in turn, each beside the behaviour that does not know it. Only columns carry over: vectors
/// of two behaviours differ by a rotation at least.
#pragma once

#include <algorithm>
#include <array>
#include <functional>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include <coco/core/error.hpp>
#include <coco/train/hand_over.hpp>
#include <coco/train/learn_columns.hpp>

namespace coco {

/// The two stages of one fold's trainer, as `columns_stages`, over the folds' targets instead of those held
/// back. \param epochs  of the columns: each passes over all folds once
[[gnu::cold]] inline std::vector<StageSettings> fold_stages(const Schedule& schedule, Samples samples,
                                                            Index folds, Index fold, double rate = 1e-3,
                                                            Index epochs = 20, Index patience = 3) {
    std::vector<StageSettings> stages = columns_stages(schedule, samples, rate, epochs, patience);
    stages[0].sampler = sampling::sampler_of_all(samples);
    stages[0].users = {folds, fold, true};
    stages[1].sampler = sampling::Prefixes::name;
    stages[1].users = {folds, fold, false};
    // The last fold's trainer, whose columns have seen all folds, says when to stop.
    if (fold + 1 < folds) stages[1].patience = std::max<Index>(1, epochs);
    return stages;
}

/// Trains the folds' trainers, which are alike but for their stages (`fold_stages`). Columns are handed from
/// one to the next; those of the best epoch by validation are in the last trainer at the end.
template <class Model, class P, class O = AdamW<P>>
class CrossFit {
public:
    using Fold = Trainer<Model, P, O>;

    /// \throws Error where there are fewer than two, or one has other stages
    explicit CrossFit(std::vector<std::unique_ptr<Fold>> folds) : folds_(std::move(folds)) {
        require(folds_.size() >= 2, "cross-fitting", "too few folds", "at least 2", text_of(folds_.size()));
        for (std::size_t f = 0; f < folds_.size(); ++f)
            require(folds_[f]->stages().size() == 2 &&
                        folds_[f]->stages()[1].name == TrainingStage::columns.name(),
                    text_of("cross-fitting, fold ", f), "has other stages", "those of `fold_stages`");
    }

    const std::vector<std::unique_ptr<Fold>>& folds() const { return folds_; }
    /// The one that holds the columns in the end.
    const TrainedModel<Model, P>& model() const { return folds_.back()->model(); }

    /// As `Trainer::fit`: false where the sink stopped it; another call continues, also with trainers that
    /// were resumed from files. \param sink  called with the fold and its progress; an epoch's trainer may be
    /// saved
    bool fit(const data::Interactions& train, const data::Cases& valid,
             const std::function<bool(std::size_t, const Progress&)>& sink) {
        for (std::size_t f = 0; f < folds_.size(); ++f)
            while (in_behaviour(*folds_[f]))
                if (!epoch(f, train, valid, sink)) return false;
        while (!folds_.back()->state().finished) {
            const std::size_t f = next();
            Fold& fold = *folds_[f];
            const std::size_t before = (f + folds_.size() - 1) % folds_.size();
            const bool at_start = fold.state().batch == 0, very_first = f == 0 && columns_epochs(fold) == 0;
            if (at_start && !very_first)
                hand_over_groups(*folds_[before], fold, std::span(carried), columns_epochs(fold) == 0);
            if (!epoch(f, train, valid, sink)) return false;
        }
        return true;
    }

private:
    static constexpr std::array<std::string_view, 2> carried{"words", "channel"};

    static Index columns_epochs(const Fold& fold) {
        return static_cast<Index>(fold.state().best[1].history.size());
    }
    /// Whether an epoch of behaviour is still to be trained.
    static bool in_behaviour(const Fold& fold) {
        return fold.state().stage == fold.stages()[0].name && !fold.stage_over();
    }
    /// The first of those that have passed over their fold the fewest times.
    std::size_t next() const {
        std::size_t least = 0;
        for (std::size_t f = 1; f < folds_.size(); ++f)
            if (columns_epochs(*folds_[f]) < columns_epochs(*folds_[least])) least = f;
        return least;
    }
    /// Trains a fold to the end of its epoch, or of everything. False where the sink said so.
    bool epoch(std::size_t f, const data::Interactions& train, const data::Cases& valid,
               const std::function<bool(std::size_t, const Progress&)>& sink) {
        bool stopped = false;
        const bool last = f + 1 == folds_.size();
        folds_[f]->fit(train, valid, [&](const Progress& p) {
            if (!sink(f, p)) stopped = true;
            if (p.kind != Progress::Kind::epoch || stopped) return !stopped;
            // What ends the last fold's columns is its own: it then restores the best of them.
            return last && p.stage == TrainingStage::columns && folds_[f]->stage_over();
        });
        return !stopped;
    }

    std::vector<std::unique_ptr<Fold>> folds_;
};

}  // namespace coco
