// SPDX-License-Identifier: Apache-2.0
/// \file
/// The batches of a training run, stage by stage: the sampler of the current stage, and the negatives that
/// all share.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <coco/pipeline/concept.hpp>
#include <coco/sampling/samplers.hpp>
#include <coco/sampling/shared_negatives.hpp>
#include <coco/train/schedule.hpp>

namespace coco {

/// What `Samples::by_data` means for a model: windows with masked items where it has a vector for those,
/// prefixes where rows see later items, else by the number of rows.
template <class Model>
Samples samples_by_data(const Model& model, const data::Interactions& train, Index window) {
    if (model::masks_items(model)) return Samples::cloze;
    return model::sees_later_items(model) ? Samples::prefixes : sampling::kind_for(train, window);
}

/// \tparam Model  whose samplers are its own, its backbone's, or the library's
template <class Model>
class StageBatches {
public:
    using List = typename sampling::SamplersOf<Model>::type;

    /// For `NegativesFrom::all_leaking`: all items of every user, held-out ones too.
    void set_all_interactions(data::Interactions everything) { everything_ = std::move(everything); }

    /// \throws Error where a stage's sampler does not exist, or would show the model its targets
    [[gnu::cold]] void check(const std::vector<StageSettings>& stages, const Schedule& schedule,
                             const BatchBuilder& builder, bool sees_later_items) const {
        for (const StageSettings& s : stages)
            if (s.epochs > 0 || schedule.stages.empty())
                List().select(name_of(s, builder), {schedule.seed, {}, 1, builder}, sees_later_items);
    }

    /// Chooses a stage's sampler, which lists its samples; `b` becomes the largest batch, or empty.
    /// \param text  of the items; null where the model does not read text
    /// \throws Error where a user has taken every item and negatives are to be drawn
    void begin(HostBatch& b, const StageSettings& stage, const Schedule& schedule, const Model& model,
               const BatchBuilder& builder, const text::History* text, const data::Interactions& train) {
        if (model::needs_negatives(model) && !negatives_)
            negatives_ = schedule.negatives == NegativesFrom::train
                             ? sampling::Negatives::excluding_train(train, builder.items())
                             : sampling::Negatives::excluding_all_leaking(everything_, builder.items());
        sampler_.select(name_of(stage, builder),
                        {schedule.seed, schedule.batch, schedule.joint_batch, builder, text,
                         negatives_ ? &*negatives_ : nullptr},
                        model::sees_later_items(model));
        needs_others_ = model::needs_others(model);
        if (const SharedDraw draw = model::shared_draw(model); draw.count > 0 && !shared_)
            shared_.emplace(draw, train, builder.items());
        seed_ = schedule.seed;
        if (stage.users.folds == 1)
            sampler_.prepare(b, train);
        else
            sampler_.prepare(b, stage.users.of(train));
        add_negatives(b, 0);
    }

    /// A batch of the epoch, with the negatives that its targets share. \param step  of the whole run
    void fill(HostBatch& b, const data::Interactions& train, Index batch, std::uint64_t step) {
        sampler_.fill(b, train, batch, step);
        add_negatives(b, step);
    }

    /// The current stage's.
    List& sampler() { return sampler_; }

private:
    void add_negatives(HostBatch& b, std::uint64_t step) const {
        if (needs_others_) b.exclude();
        if (shared_) (*shared_)(b, seed_, step);
    }

    /// An empty name is the model's own choice, or as `Sampling::samples` says.
    static std::string name_of(const StageSettings& stage, const BatchBuilder& builder) {
        if (!stage.sampler.empty()) return stage.sampler;
        if (!sampling::extends_default<List>) return List::default_name;
        return sampling::sampler_of_all(builder.sampling().samples);
    }

    List sampler_;
    std::optional<sampling::Negatives> negatives_;
    std::optional<sampling::SharedNegatives> shared_;
    bool needs_others_ = false;
    std::uint64_t seed_ = 1;
    data::Interactions everything_;
};

}  // namespace coco
