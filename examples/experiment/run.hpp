// SPDX-License-Identifier: Apache-2.0
/// \file
/// One seed of one model: stage 1 (trained or given), stage 2, evaluation.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <type_traits>

#include <coco/items/words.hpp>
#include <coco/train/checkpoint.hpp>
#include <coco/train/cross_fit.hpp>
#include <coco/train/hand_over.hpp>
#include <coco/train/learn_columns.hpp>
#include <coco/train/unseen_stages.hpp>

#include "experiment/backbones.hpp"
#include "experiment/losses.hpp"
#include "experiment/result.hpp"

namespace experiment {

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
    if constexpr (requires { c.model.adapter.targets; }) {
        c.model.adapter.rank = o.adapter_rank;
        c.model.adapter.targets.clear();
        for (const std::string& map : o.adapter_on)
            c.model.adapter.targets.push_back(
                coco::value_named<coco::adapter::Projection>(map, "--adapter-on"));
    }

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

/// A number among a model's parameters.
template <class Model, class P>
double number(const coco::TrainedModel<Model, P>& trained, const coco::TensorRef& tensor) {
    return static_cast<double>(coco::values_of(*trained.on, *trained.parameters, tensor).at(0));
}

/// Of the job's choices of semantic columns, the one whose channel over the behaviour of `stage1` has the
/// best N@10 on the validation cases.
template <class Base, class P>
const SemanticColumns* best_columns(coco::Trainer<Base, P>& stage1, Job job, const std::shared_ptr<P>& on) {
    const SemanticColumns* best = job.semantic;
    if constexpr (coco::model::may_have_channel<Base>) {
        double most = -1;
        for (const SemanticColumns& choice : job.choices) {
            job.semantic = &choice;
            coco::TrainConfig<Base> config = config_for<Base>(job);
            config.model.channel.on = true;
            config.schedule.joint_epochs = 0;
            const auto trainer = trainer_for<Base>(config, job, on);
            coco::hand_over(stage1, *trainer);
            trainer->fit(job.split.train, job.split.valid, display(job.options.quiet));
            const double score =
                measure(trainer->model(), job.split.valid, "semantic columns, validation", job.options)
                    .ndcg(10);
            if (!job.options.quiet)
                std::fprintf(stderr, "\r\033[Klayer %lld, shrink %g: validation N@10 %.4f\n",
                             static_cast<long long>(choice.text_layer), choice.shrink, score);
            if (score > most) most = score, best = &choice;
        }
    }
    return best;
}

template <class Base>
struct WithLearnedColumns;
template <class Backbone, class Items, class ObjectiveList>
struct WithLearnedColumns<coco::SequentialRecommender<Backbone, Items, ObjectiveList>> {
    using type = coco::SequentialRecommender<Backbone, coco::items::LearnedSemantic, ObjectiveList>;
};

/// The settings of a trainer that learns columns, but for its stages.
template <class Model>
coco::TrainConfig<Model> columns_config(const Job& job, const coco::items::Words& words) {
    coco::TrainConfig<Model> config = config_for<Model>(job);
    config.model.behaviour.items.words = words.bags;
    config.model.behaviour.items.vocabulary = words.vocabulary;
    config.model.behaviour.items.texts = words.digest;
    config.model.channel.on = true;
    config.model.auxiliary = false;
    config.schedule.joint_epochs = 0;
    return config;
}

/// Columns learned from the items held back. \throws Interrupted
template <class Model, class P>
coco::LearnedColumns held_back_columns(const Job& job, coco::TrainConfig<Model> config,
                                       const std::shared_ptr<P>& on) {
    config.schedule.stages =
        coco::columns_stages(config.schedule, config.sampling.samples, job.options.columns_rate);
    const auto trainer = trainer_for<Model>(config, job, on);
    const std::string file = job.stage1.empty() ? job.stage1 : job.stage1 + "-columns";
    if (!file.empty() && std::filesystem::exists(file)) coco::resume(file, *trainer);
    Fitting<Model, P> fitting(*trainer, job, file);
    if (!fitting()) throw Interrupted();
    return coco::learned_columns(trainer->model());
}

/// Columns learned by cross-fitting. \throws Interrupted
template <class Model, class P>
coco::LearnedColumns cross_fitted_columns(const Job& job, coco::TrainConfig<Model> config,
                                          const std::shared_ptr<P>& on) {
    const Index folds = job.options.folds;
    std::vector<std::unique_ptr<coco::Trainer<Model, P>>> trainers;
    const auto file = [&](std::size_t fold) { return coco::text_of(job.stage1, "-columns-", fold); };
    for (Index fold = 0; fold < folds; ++fold) {
        config.schedule.stages = coco::fold_stages(config.schedule, config.sampling.samples, folds, fold,
                                                   job.options.columns_rate);
        trainers.push_back(trainer_for<Model>(config, job, on));
        const std::string from = file(static_cast<std::size_t>(fold));
        if (!job.stage1.empty() && std::filesystem::exists(from)) coco::resume(from, *trainers.back());
    }
    coco::CrossFit<Model, P> fit(std::move(trainers));
    const coco::ProgressSink show = display(job.options.quiet);
    const auto save = [&](std::size_t fold) {
        if (!job.stage1.empty()) coco::save(file(fold), *fit.folds()[fold]);
    };
    std::size_t at = static_cast<std::size_t>(folds);
    const bool whole = fit.fit(job.split.train, job.split.valid, [&](std::size_t fold, const Progress& p) {
        if (fold != at && !job.options.quiet)
            std::fprintf(stderr, "\r\033[Kfold %zu of %lld\n", fold + 1, static_cast<long long>(folds));
        at = fold;
        const bool go_on = show(p);
        if (p.kind == Progress::Kind::epoch) save(fold);
        return go_on && !interrupted;
    });
    if (at < fit.folds().size()) save(at);
    if (!whole) throw Interrupted();
    return coco::learned_columns(fit.model());
}

/// The job's semantic columns, learned further. \throws Interrupted
template <class Base, class P>
SemanticColumns learn_columns(const Job& job, const std::shared_ptr<P>& on) {
    using Model = typename WithLearnedColumns<Base>::type;
    SemanticColumns columns = *job.semantic;
    const auto config = columns_config<Model>(job, coco::items::words_of(columns.tokens, columns.kappa));
    coco::LearnedColumns learned = job.options.folds > 1 ? cross_fitted_columns<Model>(job, config, on)
                                                         : held_back_columns<Model>(job, config, on);
    columns.kappa = std::move(learned.kappa);
    columns.read = std::move(learned.read);
    const auto digest = [](const std::vector<float>& x) {
        return coco::io::XXH64::of(std::as_bytes(std::span(x)));
    };
    columns.space = coco::text_of("learned, ", digest(columns.kappa), ", ", digest(columns.read));
    return columns;
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
                learned = learn_columns<SequentialRecommender>(job, on);
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
            if (there) coco::resume(job.stage1, *stage1);
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
