// SPDX-License-Identifier: Apache-2.0
/// \file
/// One seed of one model: stage 1 (trained or given), stage 2, evaluation.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>

#include <coco/train/hand_over.hpp>

#include "experiment/fitting.hpp"
#include "experiment/learned_columns.hpp"

namespace experiment {

/// A number among a model's parameters.
template <class Model, class P>
double number(const coco::TrainedModel<Model, P>& trained, const coco::TensorRef& tensor) {
    return static_cast<double>(coco::values_of(*trained.on, *trained.parameters, tensor).at(0));
}

/// Hands a backbone's pre-training to a trainer that has not begun: read from the job's file, or trained and
/// put there. Nothing of it depends on how behaviour is trained afterwards. \throws Interrupted
template <class Model, class P>
void hand_over_pretraining(coco::Trainer<Model, P>& trainer, const Job& job, const std::shared_ptr<P>& on) {
    using SequentialRecommender = coco::behaviour_model<Model>;
    const coco::TrainConfig<Model>& whole = trainer.config();
    coco::TrainConfig<SequentialRecommender> config;
    config.model.behaviour = whole.model.behaviour;
    config.sampling = coco::behaviour_config(whole).sampling;
    config.sampling.samples = coco::Samples::prefixes;
    config.optimizer = whole.optimizer;
    config.schedule.seed = whole.schedule.seed;
    config.schedule.batch = whole.schedule.batch;
    config.schedule.joint_epochs = 0;
    config.schedule.stages = {trainer.stages().front()};
    const auto pretraining = trainer_for<SequentialRecommender>(config, job, on);
    if (std::filesystem::exists(job.pretrained)) coco::resume(job.pretrained, *pretraining);
    if (!Fitting<SequentialRecommender, P>(*pretraining, job, job.pretrained)()) throw Interrupted();
    coco::hand_over(*pretraining, trainer);
}

/// Runs one seed from beginning to end. \param on  the policy that computes
template <class Model, class P>
Result run(Job job, const std::shared_ptr<P>& on) {
    using SequentialRecommender = coco::behaviour_model<Model>;
    const auto start = std::chrono::steady_clock::now();
    const Options& o = job.options;
    Result result;
    result.seed = job.seed;
    result.stage1 = "trained";
    const auto base_row = [&](const coco::TrainedModel<SequentialRecommender, P>& base) {
        result.base_valid = measure(base, job.split.valid, "base, validation", o);
        result.base_test_by_seen = measure_by_seen(base, job.split.test, "base, test", o);
        result.base_test = result.base_test_by_seen[o.seen_index()];
    };
    const auto stopped = [&] {
        result.stopped = true;
        return result;
    };

    try {
        SemanticColumns learned;
        if constexpr (coco::model::may_have_channel<SequentialRecommender>)
            if (o.learn_columns) {
                learned = learn_columns<SequentialRecommender>(job, on, result.corrections);
                job.semantic = &learned;
            }
        coco::TrainConfig<Model> config = config_for<Model>(job);
        std::unique_ptr<coco::Trainer<SequentialRecommender, P>> stage1;
        if (!job.stage1.empty()) {
            auto behaviour = coco::behaviour_config(config);
            if (o.unseen) behaviour.schedule.stages = {config.schedule.stages.front()};
            set_pretraining(o, behaviour);
            stage1 = trainer_for<SequentialRecommender>(behaviour, job, on);
            const bool there = std::filesystem::exists(job.stage1);
            result.stage1 = there ? "read" : "trained and kept";
            if (there)
                coco::resume(job.stage1, *stage1);
            else if (!job.pretrained.empty())
                hand_over_pretraining(*stage1, job, on);
            Fitting<SequentialRecommender, P> fitting(*stage1, job, job.stage1);
            if (!fitting()) return stopped();
            result.effort = fitting.effort();
            base_row(stage1->model());
            if (job.choices.size() > 1) {
                job.semantic = best_columns(*stage1, job, on);
                config = config_for<Model>(job);
            }
        }

        const auto trainer = trainer_for<Model>(config, job, on);
        if (!job.resume.empty()) {
            coco::resume(job.resume, *trainer);
            result.stage1 = "resumed";
        } else if (stage1) {
            coco::hand_over(*stage1, *trainer);
        } else if (!job.pretrained.empty()) {
            hand_over_pretraining(*trainer, job, on);
        }
        stage1.reset();

        Fitting<Model, P> fitting(*trainer, job, job.save);
        const bool whole = trainer->state().stage == TrainingStage::behaviour && !result.base_test;
        if (!fitting()) return stopped();
        if (fitting.at_end_of_stage1()) {
            if (whole) base_row(coco::behaviour_of(*trainer));
            if (!fitting()) return stopped();
        }
        result.valid = measure(trainer->model(), job.split.valid, "validation", o);
        result.test_by_seen = measure_by_seen(trainer->model(), job.split.test, "test", o);
        result.test = result.test_by_seen[o.seen_index()];
        if constexpr (coco::model::may_have_channel<Model>)
            if (trainer->model().model->has_channel()) {
                const coco::Channel& channel = trainer->model().model->channel();
                result.lambda = number(trainer->model(), channel.lambda());
                if (channel.gated()) result.gate = number(trainer->model(), channel.gate().gate());
                result.text_layer = job.semantic->text_layer;
                result.shrink = job.semantic->shrink;
            }
        if (whole && o.joint_epochs == 0 && o.coco == "channel") base_row(coco::behaviour_of(*trainer));
        if (whole && o.joint_epochs == 0 && o.coco != "channel") {
            result.base_test_by_seen = result.test_by_seen;
            result.base_valid = result.valid;
            result.base_test = result.test;
        }
        const bool pretrained = trainer->stages().front().name == coco::TrainingStage::pretraining.name();
        for (std::size_t p = 0; p < 2; ++p) {
            if (const std::size_t at = p + pretrained; at < trainer->stages().size()) {
                result.epochs[p] = static_cast<Index>(trainer->state().best[at].history.size());
                result.best_epoch[p] = trainer->state().best[at].epoch;
            }
            result.effort.train_seconds[p] += fitting.effort().train_seconds[p];
            result.effort.valid_seconds[p] += fitting.effort().valid_seconds[p];
            result.effort.targets[p] += fitting.effort().targets[p];
        }
        result.joint = fitting.joint();
        if constexpr (Model::uses_knowledge)
            result.knowledge = coco::knowledge_diagnostics(trainer->model(), job.split.valid);
    } catch (const Interrupted&) {
        return stopped();
    }
    result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    return result;
}

}  // namespace experiment
