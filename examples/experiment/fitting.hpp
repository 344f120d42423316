// SPDX-License-Identifier: Apache-2.0
/// \file
/// What the runs of a seed are made of: settings and trainer of a model, its training with a checkpoint after
/// each epoch, its metrics.
#pragma once

#include <memory>
#include <string>
#include <type_traits>

#include <coco/adapter/lora.hpp>
#include <coco/items/semantic.hpp>
#include <coco/train/checkpoint.hpp>
#include <coco/train/trainer.hpp>
#include <coco/train/unseen_stages.hpp>

#include "experiment/backbones.hpp"
#include "experiment/losses.hpp"
#include "experiment/result.hpp"

namespace experiment {

inline void set_adapter(const Options& o, coco::adapter::LoRA::Config& config) {
    config.rank = o.adapter_rank;
    config.targets.clear();
    for (const std::string& map : o.adapter_on)
        config.targets.push_back(coco::value_named<coco::adapter::Projection>(map, "--adapter-on"));
}

/// Samples, optimiser and schedule.
template <class Run>
void set_training(const Job& job, Run& c) {
    const Options& o = job.options;
    c.sampling.samples = coco::value_named<coco::Samples>(o.samples, "--samples");
    c.sampling.masked = o.masked;
    c.sampling.only_last = o.only_last;
    c.sampling.future = o.future;
    c.sampling.positions = o.positions == "oldest" ? coco::Positions::oldest : coco::Positions::recent;
    c.sampling.window = o.window;
    c.sampling.joint_targets = o.joint_targets;
    c.sampling.budget.tokens = o.text_tokens;
    c.words.line = o.item_line;

    coco::Schedule& s = c.schedule;
    s.seed = job.seed;
    c.optimizer.beta2 = o.beta2;
    c.optimizer.decay = o.decay;
    s.negatives = o.negatives == "all" ? coco::NegativesFrom::all_leaking : coco::NegativesFrom::train;
    s.rate = o.rate;
    s.batch.samples = o.batch;
    s.batch.rows = o.batch * o.window;
    s.epochs = o.epochs;
    s.patience = o.patience;
    s.joint_epochs = o.joint_epochs;
    s.joint_patience = o.joint_patience;
    s.joint_batch = o.joint_batch;
    s.joint_rate = o.joint_rate;
    s.knowledge_rate = o.knowledge_rate;
    s.adapter_rate = o.adapter_rate;
    s.joint_valid = o.valid_users;
}

/// The training settings that follow from the command line.
template <class Model>
coco::TrainConfig<Model> config_for(const Job& job) {
    const Options& o = job.options;
    coco::TrainConfig<Model> c;
    set_backbones(o, c, job.catalogue);
    if constexpr (requires { c.model.behaviour.items.kappa; }) {
        c.model.behaviour.items.columns = job.semantic->columns;
        const auto writes = [](const std::vector<float>& given) {
            return [&given](std::span<float> out) {
                coco::require(given.size() == out.size(), "semantic columns", "do not fit the catalogue",
                              coco::text_of(out.size(), " numbers"), coco::text_of(given.size()));
                std::copy(given.begin(), given.end(), out.begin());
            };
        };
        c.model.behaviour.items.kappa = writes(job.semantic->kappa);
        if constexpr (requires { c.model.behaviour.items.map; }) {
            c.model.behaviour.items.map = o.maps_text();
            c.model.behaviour.items.space = job.semantic->space;
            if (!job.semantic->read.empty()) c.model.behaviour.items.read = writes(job.semantic->read);
            if (!o.no_gate)
                c.model.behaviour.items.popularity = [&job](std::span<float> out) {
                    const std::vector<float> given = coco::items::centred_log_popularity(
                        job.split.train.counts(static_cast<Index>(out.size())));
                    std::copy(given.begin(), given.end(), out.begin());
                };
        }
        c.model.channel.on = o.coco == "channel";
        c.model.channel.lambda = o.lambda;
    }
    set_objective(o, c.model.loss.objective, c.model.objectives);
    c.model.loss.alpha = o.alpha;
    c.model.loss.beta = o.beta;
    c.model.loss.gamma = o.gamma;
    c.model.loss.auxiliary_on =
        o.aux_on == "aligned" ? coco::AuxiliaryOn::aligned : coco::AuxiliaryOn::behaviour;
    if constexpr (!Model::uses_knowledge)
        c.model.auxiliary = o.coco == "aux";
    else if constexpr (requires { c.model.prompt.theta; }) {
        c.model.prompt.codes = o.codes;
        c.model.prompt.theta = o.theta;
        if constexpr (requires { c.model.prompt.centred; }) c.model.prompt.centred = o.centred;
    }
    if constexpr (requires { c.model.adapter.targets; }) set_adapter(o, c.model.adapter);

    set_training(job, c);
    coco::Schedule& s = c.schedule;
    if constexpr (Model::uses_knowledge) {
        if (o.unseen) {
            c.model.unseen.on = true;
            s.stages = coco::unseen_stages(s, c.sampling.samples);
        }
    } else if (s.joint_epochs == 0) {
        set_pretraining(o, c);
    }
    return c;
}

template <class Model, class P>
std::unique_ptr<coco::Trainer<Model, P>> trainer_for(const coco::TrainConfig<Model>& config, const Job& job,
                                                     std::shared_ptr<P> on) {
    using Trainer = coco::Trainer<Model, P>;
    std::unique_ptr<Trainer> trainer;
    if constexpr (Model::uses_knowledge)
        trainer = std::make_unique<Trainer>(config, job.catalogue, *job.language, std::move(on));
    else
        trainer = std::make_unique<Trainer>(config, job.catalogue, std::move(on));
    if (config.schedule.negatives == coco::NegativesFrom::all_leaking)
        trainer->set_all_interactions(job.everything);
    return trainer;
}

inline JointEpoch joint_epoch(const coco::TrainingDiagnostics& v, const Progress& p) {
    return {
        p.epoch,
        p.loss,
        p.valid,
        v.mean_m(),
        v.codes_per_user(),
        v.share_at_cap(),
        v.perplexity(),
        v.moved(),
        coco::TrainingDiagnostics::ratio(static_cast<double>(v.open_groups), static_cast<double>(v.groups))};
}

/// Runs a trainer until it is finished, or the end of stage 1 is reached, or Ctrl-C is pressed; saves after
/// each epoch and when stopped.
template <class Model, class P>
class Fitting {
public:
    using Trainer = coco::Trainer<Model, P>;

    Fitting(Trainer& trainer, const Job& job, std::string save)
        : trainer_(trainer),
          job_(job),
          save_(std::move(save)),
          watch_(trainer, display(job.options.quiet), [this](const Progress& p) { return epoch(p); }) {}

    /// True: the trainer is finished, or (once) at the end of stage 1 with stage 2 still to run.
    /// False: stopped by Ctrl-C.
    bool operator()() {
        at_end_of_stage1_ = false;
        if (trainer_.fit(job_.split.train, job_.split.valid, [this](const Progress& p) { return watch_(p); }))
            return store();
        if (!interrupted) return true;
        store();
        return false;
    }

    bool at_end_of_stage1() const { return at_end_of_stage1_; }
    const Effort& effort() const { return watch_.effort(); }
    const std::vector<JointEpoch>& joint() const { return joint_; }

private:
    bool epoch(const Progress& p) {
        store();
        if (p.stage.uses_knowledge()) {
            joint_.push_back(joint_epoch(trainer_.state().diagnostics, p));
            return true;
        }
        at_end_of_stage1_ = p.stage == TrainingStage::behaviour &&
                            trainer_.config().schedule.joint_epochs > 0 && trainer_.stage_over();
        return !at_end_of_stage1_;
    }
    bool store() {
        if (!save_.empty()) coco::save(save_, trainer_);
        return true;
    }

    Trainer& trainer_;
    const Job& job_;
    std::string save_;
    bool at_end_of_stage1_ = false;
    std::vector<JointEpoch> joint_;
    Watch<Trainer> watch_;
};

/// Ranks of the targets, with seen items treated as the options say.
template <class Model, class P>
coco::Metrics measure(const coco::TrainedModel<Model, P>& trained, const coco::data::Cases& cases,
                      const char* name, const Options& o) {
    return coco::evaluate(trained, cases, coco::every_seen_items[o.seen_index()],
                          evaluation(name, cases.size(), o.quiet));
}
/// The same for every treatment of seen items, in one pass.
template <class Model, class P>
SeenMetrics measure_by_seen(const coco::TrainedModel<Model, P>& trained, const coco::data::Cases& cases,
                            const char* name, const Options& o) {
    coco::Evaluator<Model, P> evaluator(*trained.on);
    const auto all =
        evaluator.evaluate(trained, cases, coco::every_seen_items, evaluation(name, cases.size(), o.quiet));
    return {all.begin(), all.end()};
}

}  // namespace experiment
