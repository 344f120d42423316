// SPDX-License-Identifier: Apache-2.0
/// \file
/// Semantic columns that are chosen by validation, learned from targets that behaviour has not fitted, or
/// read by a language model that is corrected through them.
#pragma once

#include <cmath>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <coco/items/words.hpp>
#include <coco/sampling/samples.hpp>
#include <coco/train/cross_fit.hpp>
#include <coco/train/hand_over.hpp>
#include <coco/train/learn_columns.hpp>
#include <coco/train/text_correction.hpp>

#include "experiment/fitting.hpp"

namespace experiment {

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

/// A trainer that has learned columns from the items held back; with a stage 1 file it is kept beside it.
/// \param start  called with a trainer that is not read from there    \throws Interrupted
template <class Model, class P, class Start>
std::unique_ptr<coco::Trainer<Model, P>> trained_on_held_back(const Job& job, coco::TrainConfig<Model> config,
                                                              const std::shared_ptr<P>& on,
                                                              const char* beside, const Start& start) {
    config.schedule.stages =
        coco::columns_stages(config.schedule, config.sampling.samples, job.options.columns_rate);
    auto trainer = trainer_for<Model>(config, job, on);
    const std::string file = job.stage1.empty() ? job.stage1 : job.stage1 + beside;
    if (!file.empty() && std::filesystem::exists(file))
        coco::resume(file, *trainer);
    else
        start(*trainer);
    Fitting<Model, P> fitting(*trainer, job, file);
    if (!fitting()) throw Interrupted();
    return trainer;
}

/// Columns learned from the items held back. \throws Interrupted
template <class Model, class P>
coco::LearnedColumns held_back_columns(const Job& job, const coco::TrainConfig<Model>& config,
                                       const std::shared_ptr<P>& on) {
    return coco::learned_columns(
        trained_on_held_back<Model>(job, config, on, "-columns", [](const auto&) {})->model());
}

/// The same, of a language model that is then corrected `correct_texts` times by the items held back; the
/// correction that validation prefers, or none of them. \throws Interrupted
template <class Model, class P>
coco::LearnedColumns corrected_columns(const Job& job, const std::shared_ptr<P>& on,
                                       std::vector<Correction>& course) {
    const Options& o = job.options;
    coco::adapter::LoRA::Config adapter;
    set_adapter(o, adapter);
    const auto& tokens = job.semantic->tokens;
    auto lines = std::make_unique<coco::llm::AdaptedLines<P>>(on, *job.language, tokens, adapter, job.seed);
    coco::TextCorrection<P> correction(on, std::move(lines), o.columns, job.semantic->shrink);

    auto config = columns_config<Model>(job, coco::items::words_of(tokens, correction.kappa()));
    config.model.behaviour.items.rewritten = true;
    config.model.behaviour.items.columns = correction.space().columns();
    const auto trainer = trained_on_held_back<Model>(job, config, on, "-corrected",
                                                     [&](auto& fresh) { correction.write(fresh.model()); });

    const coco::TrainedModel<Model, P> learner = trainer->model();
    const auto held_back = coco::sampling::newest(job.split.train, o.window);
    const auto valid = [&] { return measure(learner, job.split.valid, "corrected, validation", o).ndcg(10); };
    coco::LearnedColumns best = coco::learned_columns(learner);
    double most = valid();
    course.push_back({0, 0, most});
    const Index batch = 256;
    const double batches = std::ceil(static_cast<double>(held_back.size()) / static_cast<double>(batch));
    for (Index step = 1; step <= o.correct_texts; ++step) {
        const auto gathered =
            correction.refresh(learner, job.split.train, held_back, o.correction_rate, batch);
        const double targets = static_cast<double>(gathered.targets);
        course.push_back({gathered.loss / batches, static_cast<double>(gathered.agreed) / targets, valid()});
        if (!o.quiet)
            std::fprintf(stderr, "\r\033[Kcorrection %lld of %lld: before it M %.3f; validation N@10 %.4f\n",
                         static_cast<long long>(step), static_cast<long long>(o.correct_texts),
                         course.back().mean_m, course.back().valid);
        if (interrupted) throw Interrupted();
        if (course.back().valid <= most) continue;
        most = course.back().valid;
        best = coco::learned_columns(learner);
    }
    return best;
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
SemanticColumns learn_columns(const Job& job, const std::shared_ptr<P>& on, std::vector<Correction>& course) {
    using Model = typename WithLearnedColumns<Base>::type;
    SemanticColumns columns = *job.semantic;
    const auto config = [&] {
        return columns_config<Model>(job, coco::items::words_of(columns.tokens, columns.kappa));
    };
    coco::LearnedColumns learned = job.options.correct_texts > 0 ? corrected_columns<Model>(job, on, course)
                                   : job.options.folds > 1 ? cross_fitted_columns<Model>(job, config(), on)
                                                           : held_back_columns<Model>(job, config(), on);
    columns.columns = static_cast<Index>(learned.kappa.size()) / job.catalogue.size();
    if (job.options.correct_texts > 0) columns.text_layer = job.language->source.config.used();
    columns.kappa = std::move(learned.kappa);
    columns.read = std::move(learned.read);
    const auto digest = [](const std::vector<float>& x) {
        return coco::io::XXH64::of(std::as_bytes(std::span(x)));
    };
    columns.space = coco::text_of("learned, ", digest(columns.kappa), ", ", digest(columns.read));
    return columns;
}

}  // namespace experiment
