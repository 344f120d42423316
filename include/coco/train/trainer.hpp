// SPDX-License-Identifier: Apache-2.0
/// \file
/// Trains a model, stage after stage, each with early stopping on validation N@10; the weights of the best
/// epoch are restored at its end. By default stage 1 trains behaviour only, stage 2 all parts together. The
/// result is a function of settings, data and seed: repeated, stopped and resumed runs, and any number of
/// threads give bit-identical results.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <coco/data/catalogue.hpp>
#include <coco/data/split.hpp>
#include <coco/eval/evaluate.hpp>
#include <coco/llm/text_model.hpp>
#include <coco/pipeline/batch.hpp>
#include <coco/pipeline/concept.hpp>
#include <coco/train/adamw.hpp>
#include <coco/train/checked_data.hpp>
#include <coco/train/choose_channel.hpp>
#include <coco/train/config.hpp>
#include <coco/train/missing_language_model.hpp>
#include <coco/train/not_finite.hpp>
#include <coco/train/progress.hpp>
#include <coco/train/schedule.hpp>
#include <coco/train/stage_batches.hpp>
#include <coco/train/state.hpp>
#include <coco/train/update.hpp>

namespace coco {

/// \tparam Model_  a `Pipeline<...>` or `SequentialRecommender<...>`    \tparam P  policy, for example `Host`
/// \tparam Optimizer_  what makes parameters follow their gradients
template <class Model_, class P, class Optimizer_ = AdamW<P>>
class Trainer {
    static_assert(explain_model_on<Model_, P>() && explain_optimizer<Optimizer_, P>());

public:
    using Model = Model_;
    using Scalar = typename P::Scalar;
    using Optimizer = Optimizer_;
    using Config = TrainConfig<Model, typename Optimizer::Config>;

    /// A model without a language model.
    Trainer(const Config& config, const data::Catalogue& catalogue,
            std::shared_ptr<P> on = std::make_shared<P>()) requires(!Model::uses_knowledge)
        : Trainer(config, catalogue, nullptr, {},
                  std::make_shared<const Model>(config.model, catalogue.size()), std::move(on)) {}

    /// One that reads text with `language`.
    Trainer(const Config& config, const data::Catalogue& catalogue, const llm::TextModel& language,
            std::shared_ptr<P> on = std::make_shared<P>()) requires(Model::uses_knowledge)
        : Trainer(config, catalogue,
                  std::make_shared<const text::History>(catalogue, config.words, language.encode), language,
                  std::move(on)) {}

    /// Does not compile: the language model is missing.
    template <class M = Model>
    Trainer(const Config& config, const data::Catalogue& catalogue,
            std::shared_ptr<P> on = std::make_shared<P>()) requires(M::uses_knowledge)
        : Trainer(config, catalogue, missing_language_model<M>(), std::move(on)) {}

    const Config& config() const { return config_; }
    const TrainState& state() const { return state_; }
    /// Whether the current stage has had its epochs, or its patience is at an end.
    bool stage_over() const {
        return done() >= stage().epochs || state_.best[state_.index(stages_)].exhausted(stage().patience);
    }
    std::uint64_t catalogue_digest() const { return catalogue_digest_; }
    const std::string& language_digest() const { return language_digest_; }
    /// Of the interactions that it is trained and validated with; empty before `fit`.
    const std::string& interactions_digest() const { return interactions_digest_; }
    /// The model for evaluation and serving. It shares the parameters, so further training changes it.
    const TrainedModel<Model, P>& model() const { return trained_; }

    /// For `NegativesFrom::all_leaking`, before `fit`: all items of every user, held-out ones too.
    void set_all_interactions(data::Interactions everything) {
        batches_.set_all_interactions(std::move(everything));
    }

    /// Trains to the end of the schedule, or until the sink returns false. Returns false in the latter
    /// case; another call continues.
    /// \throws Error as `checked_data`, and where a loss or gradient is not finite
    bool fit(const data::Interactions& train, const data::Cases& valid, const ProgressSink& sink = silent()) {
        prepare(train, valid);
        try {
            while (!state_.finished) {
                if (!state_.begun) begin(train, valid, sink);
                if (warm_ != state_.stage) warm_up(train, valid);
                while (!stage_over())
                    if (!epoch(train, sink)) return false;
                end_stage();
            }
            choose_channel(valid, sink);
        } catch (const EvaluationStopped&) {
            return false;
        }
        return true;
    }

    /// For checkpoints: calls `visit(section, block, List<Scalar>)` for every block of numbers.
    template <class Visit>
    void for_each_block(const Visit& visit) {
        for (const ParameterBlock block : {ParameterBlock::dense, ParameterBlock::table}) {
            visit("values", block, trained_.parameters->block(block).list());
            for (std::size_t s = 0; s < std::size(Optimizer::states); ++s)
                visit(Optimizer::states[s].name, block, update_.optimizer().state(s).block(block).list());
            visit("best", block, best_.block(block).list());
        }
    }
    const std::vector<std::int64_t>& optimizer_steps() const { return update_.optimizer().steps(); }
    std::vector<Scalar> metrics() const {  ///< sums over the current epoch
        std::vector<Scalar> sums(static_cast<std::size_t>(StepMetrics::entries));
        trained_.on->download(metrics_.list(), sums.data());
        return sums;
    }
    const std::vector<StageSettings>& stages() const { return stages_; }
    /// Continues from the given state, after `for_each_block`. \param interactions  of the run; empty: any
    void restore(const TrainState& state, std::span<const Scalar> metrics,
                 std::span<const std::int64_t> steps, std::string interactions = {}) {
        state_ = state;
        trained_.on->upload(metrics.data(), metrics_.list());
        update_.optimizer().steps().assign(steps.begin(), steps.end());
        interactions_digest_ = std::move(interactions);
    }
    /// Before `fit`, which otherwise decides by the data.
    void set_samples(Samples samples) {
        config_.sampling.samples = samples;
        trained_.builder = batch_builder(*trained_.model, config_.sampling);
    }

private:
    Trainer(const Config& config, const data::Catalogue& catalogue, std::shared_ptr<const text::History> text,
            const llm::TextModel& language, std::shared_ptr<P> on)
        : Trainer(config, catalogue, text, language.digest,
                  std::make_shared<const Model>(config.model, catalogue.size(), language.source,
                                                text->instruction()),
                  std::move(on)) {}

    Trainer(const Config& config, const data::Catalogue& catalogue, std::shared_ptr<const text::History> text,
            std::string language_digest, std::shared_ptr<const Model> model, std::shared_ptr<P> on)
        : config_(config),
          catalogue_digest_(catalogue.digest()),
          language_digest_(std::move(language_digest)),
          trained_{on, model, std::make_shared<Parameters<P>>(*on, model->layout(), config.schedule.seed),
                   batch_builder(*model, config.sampling), std::move(text)},
          update_(*on, model->layout(), config.optimizer, model::touches_few(*model)),
          best_(*on, model->layout()),
          metrics_(*on, StepMetrics::entries),
          work_(*on),
          evaluator_(*on) {
        check_settings(config.optimizer, "optimizer");
        check_settings(config.schedule, "schedule");
        config.schedule.require_trained(model->layout(), Model::uses_knowledge);
        stages_ = config.schedule.stages_of(model->layout(), Model::uses_knowledge);
        state_.stage = stages_.front().name;
        state_.best.resize(stages_.size());
        batches_.check(stages_, config.schedule, trained_.builder, model::sees_later_items(*model));
        require(config.sampling.window <= model->window(), "sampling.window", "longer than the backbone's",
                text_of("at most ", model->window()), text_of(config.sampling.window));
    }

    void prepare(const data::Interactions& train, const data::Cases& valid) {
        interactions_digest_ = checked_data(train, valid, trained_.builder.items(), interactions_digest_);
        if (config_.sampling.samples == Samples::by_data)
            set_samples(samples_by_data(*trained_.model, train, config_.sampling.window));
    }

    const StageSettings& stage() const { return stages_[state_.index(stages_)]; }
    EarlyStopping& best() { return state_.best[state_.index(stages_)]; }
    /// Number of completed epochs of the current stage.
    Index done() const { return static_cast<Index>(state_.best[state_.index(stages_)].history.size()); }

    /// Once per training stage and run.
    void begin(const data::Interactions& train, const data::Cases& valid, const ProgressSink& sink) {
        if (TrainingStage(state_.stage).needs_channel()) choose_channel(valid, sink);
        model::begin_epoch(trained_, state_.stage, train, config_.schedule.seed, 0);
        if (stage().fresh) update_.restart(*trained_.on);
        state_.begin_stage();
    }

    /// Once per training stage and process: sample lists, and the largest batch, so that memory grows once.
    void warm_up(const data::Interactions& train, const data::Cases& valid) {
        best().history.reserve(static_cast<std::size_t>(std::min(stage().epochs, Index{10000})));
        valid_ = stage().valid < 0 ? valid : valid.sample(stage().valid, config_.schedule.seed);
        batches_.begin(host_batch_, stage(), config_.schedule, *trained_.model, trained_.builder,
                       trained_.text.get(), train);
        if (host_batch_.rows() > 0) {
            Block<Scalar, P> unused(*trained_.on, StepMetrics::entries);
            update_.zero(*trained_.on, host_batch_);
            pass(unused.data());
            work_.reserve(batches_.sampler().room());
            host_batch_.reserve(batches_.sampler().room());
        }
        warm_ = state_.stage;
    }

    /// Forward and backward of the host batch.
    StepReport pass(Scalar* metrics) {
        Context<P> ctx = trained_.context(work_);
        update_.gradients().attach(ctx);
        ctx.training = true;
        ctx.seed = config_.schedule.seed;
        ctx.step = static_cast<std::uint32_t>(state_.step);
        StepReport report = trained_.model->step(ctx, upload(ctx, host_batch_), state_.stage, metrics);
        if (metrics == metrics_.data()) state_.diagnostics.add(report);
        work_.reset();
        report.codes = {};
        return report;
    }

    bool epoch(const data::Interactions& train, const ProgressSink& sink) {
        Progress progress{Progress::Kind::step, state_.stage, done() + 1, stage().epochs};
        progress.all = batches_.sampler().begin_epoch(done());
        if (state_.batch == 0) begin_epoch(train);
        Range{0, static_cast<double>(progress.all)}.check(static_cast<double>(state_.batch), "state.batch",
                                                          text_of(state_.batch));
        while (state_.batch < progress.all) {
            batches_.fill(host_batch_, train, state_.batch, state_.step);
            update_.zero(*trained_.on, host_batch_);
            const StepReport report = pass(metrics_.data());
            ++state_.batch;
            ++state_.step;
            ++state_.stage_step;
            update_(*trained_.on, *trained_.parameters, stage(), state_.stage_step, report,
                    std::as_const(metrics_).list(), state_.batch);
            if constexpr (std::is_same_v<typename P::Space, space::Host>) require_finite();
            progress.done = state_.batch;
            if (sink(progress)) continue;
            require_finite();
            return false;
        }
        require_finite();
        progress.valid = validate(progress, sink);
        // After validation, which may be stopped: the epoch then has not ended.
        trained_.on->download(List<const Scalar, typename P::Space>(metrics_.list()), metrics_host_);
        std::copy_n(metrics_host_, std::size_t{StepMetrics::entries}, state_.diagnostics.metrics.begin());
        progress.loss = state_.diagnostics.loss();
        progress.best = best().record(progress.valid);
        if (progress.best) copy_trained(*trained_.on, *trained_.parameters, best_);
        state_.batch = 0;
        progress.kind = Progress::Kind::epoch;
        return sink(progress);
    }

    /// \throws Error where something of the steps so far was not finite; on a device it waits to know.
    void require_finite() const {
        require_nothing_found(update_.not_finite(*trained_.on), trained_.model->layout(), state_.stage,
                              done() + 1);
    }

    double validate(Progress progress, const ProgressSink& sink) {
        const auto tell = evaluating(progress, valid_.size(), sink);
        // Elsewhere knowledge says nothing, or does not change: the language model is not asked.
        const bool asks = TrainingStage(state_.stage).uses_knowledge();
        const RankedBy by = asks ? RankedBy::everything : RankedBy::behaviour;
        return evaluator_(trained_, valid_, SeenItems::excluded, std::ref(tell), by).ndcg(10);
    }
    void choose_channel(const data::Cases& valid, const ProgressSink& sink) {
        if (state_.channel_chosen) return;
        Progress progress{Progress::Kind::evaluation, state_.stage, done(), stage().epochs};
        const auto tell = evaluating(progress, channel_choices(*trained_.model) * valid.size(), sink);
        state_.channel_chosen = coco::choose_channel(trained_, evaluator_, valid, std::ref(tell));
    }

    /// Restores the weights of the best epoch, unless none was validated, and goes on to the next stage.
    void end_stage() {
        if (best().epoch > 0 && valid_.size() > 0) copy_trained(*trained_.on, best_, *trained_.parameters);
        state_.end_stage(stages_);
    }
    void begin_epoch(const data::Interactions& train) {
        if (done() > 0) model::begin_epoch(trained_, state_.stage, train, config_.schedule.seed, done());
        state_.diagnostics.clear(code_count(*trained_.model));
        trained_.on->fill(metrics_.list(), Scalar(0));
    }

    Config config_;
    std::uint64_t catalogue_digest_;
    std::string language_digest_, interactions_digest_;
    TrainedModel<Model, P> trained_;
    Update<P, Optimizer> update_;
    Gradients<P> best_;
    Block<Scalar, P> metrics_;
    Scalar metrics_host_[StepMetrics::entries] = {};
    Workspace<P> work_;
    Evaluator<Model, P> evaluator_;
    std::vector<StageSettings> stages_;
    StageBatches<Model> batches_;
    TrainState state_;
    std::string warm_;  ///< the stage that `warm_up` was called for
    HostBatch host_batch_;
    data::Cases valid_;  ///< of the current training stage
};

}  // namespace coco
