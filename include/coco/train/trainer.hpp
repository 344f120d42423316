// SPDX-License-Identifier: Apache-2.0
/// \file
/// Trains a model: stage 1 behaviour alone, stage 2 all together, each with early stopping on validation N@10
/// and the best epoch's weights put back at its end. A pure function of configuration, data and seed: run
/// twice, stopped and resumed, by one thread or many, it gives the same bits.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include <coco/data/catalogue.hpp>
#include <coco/data/split.hpp>
#include <coco/eval/evaluate.hpp>
#include <coco/llm/text_model.hpp>
#include <coco/pipeline/begin_joint.hpp>
#include <coco/train/adamw.hpp>
#include <coco/train/plan.hpp>
#include <coco/train/progress.hpp>
#include <coco/train/schedule.hpp>
#include <coco/train/state.hpp>

namespace coco {

/// All settings of a run.
template <class Model>
struct TrainConfig {
    typename Model::Config model;
    Sampling sampling;
    Schedule schedule;
    text::HistoryTemplate words;
};

/// Blocks that `Trainer::visit_blocks` visits.
inline constexpr std::size_t trainer_blocks = 8;

/// \tparam Model_  a `Pipeline<...>` or `Base<...>`     \tparam P  where it runs: `Host`
template <class Model_, class P>
class Trainer {
public:
    using Model = Model_;
    using Scalar = typename P::Scalar;
    using Config = TrainConfig<Model>;

    /// A model without a language model.
    Trainer(const Config& config, const data::Catalogue& catalogue,
            std::shared_ptr<P> on = std::make_shared<P>()) requires(!Model::knows)
        : Trainer(config, catalogue, nullptr, {},
                  std::make_shared<const Model>(config.model, catalogue.size()), std::move(on)) {}

    /// A model that reads text by `language`.
    Trainer(const Config& config, const data::Catalogue& catalogue, const llm::TextModel& language,
            std::shared_ptr<P> on = std::make_shared<P>()) requires(Model::knows)
        : Trainer(config, catalogue,
                  std::make_shared<const text::History>(catalogue, config.words, language.encode), language,
                  std::move(on)) {}

    const Config& config() const { return config_; }
    const TrainState& state() const { return state_; }
    std::uint64_t catalogue_sum() const { return catalogue_sum_; }
    const std::string& language_sum() const { return language_sum_; }
    /// What evaluation and serving take. It shares this trainer's parameters and moves with them.
    const Trained<Model, P>& model() const { return trained_; }

    /// For `NegativesFrom::all_leaking`, before `fit`: all items of every user, held-out ones too.
    void reveal(data::Interactions everything) { plan_.reveal(std::move(everything)); }

    /// Trains to the end of the schedule, or until the sink says stop (then false; go on by calling again).
    bool fit(const data::Interactions& train, const data::Cases& valid, const ProgressSink& sink = silent()) {
        while (!state_.finished) {
            if (!state_.begun) begin(train);
            if (!warm_[index()]) warm_up(train, valid);
            while (!phase_over())
                if (!epoch(train, sink)) return false;
            end_phase();
        }
        return true;
    }

    /// What a checkpoint reads and writes: `visit(name, home, List<Scalar>)` for every block of numbers.
    template <class Visit>
    void visit_blocks(const Visit& visit) {
        for (const Home home : {Home::dense, Home::table}) {
            visit("values", home, trained_.parameters->block(home).list());
            visit("first", home, optimizer_.first().block(home).list());
            visit("second", home, optimizer_.second().block(home).list());
            visit("best", home, best_.block(home).list());
        }
    }
    const std::vector<std::int64_t>& optimizer_steps() const { return optimizer_.steps(); }
    /// Sums of the epoch under way.
    std::vector<Scalar> ledger() const {
        std::vector<Scalar> sums(static_cast<std::size_t>(Ledger::entries));
        trained_.on->fetch(ledger_.list(), sums.data());
        return sums;
    }
    /// Goes on from there; blocks have been read by way of `visit_blocks`.
    void restore(const TrainState& state, std::span<const Scalar> ledger,
                 std::span<const std::int64_t> steps) {
        state_ = state;
        trained_.on->put(ledger.data(), ledger_.list());
        optimizer_.steps().assign(steps.begin(), steps.end());
    }

private:
    Trainer(const Config& config, const data::Catalogue& catalogue, std::shared_ptr<const text::History> text,
            const llm::TextModel& language, std::shared_ptr<P> on)
        : Trainer(config, catalogue, text, language.sum,
                  std::make_shared<const Model>(config.model, catalogue.size(), language.source,
                                                text->instruction()),
                  std::move(on)) {}

    Trainer(const Config& config, const data::Catalogue& catalogue, std::shared_ptr<const text::History> text,
            std::string language_sum, std::shared_ptr<const Model> model, std::shared_ptr<P> on)
        : config_(config),
          catalogue_sum_(catalogue.sum()),
          language_sum_(std::move(language_sum)),
          trained_{on, model, std::make_shared<Parameters<P>>(*on, model->layout(), config.schedule.seed),
                   Filler(config.sampling, catalogue.size()), std::move(text)},
          gradients_(*on, model->layout()),
          best_(*on, model->layout()),
          optimizer_(*on, model->layout(), config.schedule.optimizer),
          ledger_(*on, Ledger::entries),
          work_(*on),
          evaluator_(*on),
          plan_(config.schedule, config.model.loss.objective, trained_.filler, trained_.text.get()) {
        config.schedule.check();
        require(config.sampling.window <= model->window(), "sampling.window", "longer than the backbone's",
                text_of("at most ", model->window()), text_of(config.sampling.window));
    }

    std::size_t index() const { return static_cast<std::size_t>(state_.phase); }
    Best& best() { return state_.best[index()]; }
    Index epochs() const {
        return state_.phase == Phase::behaviour ? config_.schedule.epochs : config_.schedule.joint_epochs;
    }
    bool phase_over() {
        const Index patience =
            state_.phase == Phase::behaviour ? config_.schedule.patience : config_.schedule.joint_patience;
        return state_.epoch() >= epochs() || best().exhausted(patience);
    }

    /// Prepares a phase once in a run's life.
    void begin(const data::Interactions& train) {
        if constexpr (Model::knows)
            if (state_.phase == Phase::joint) start_prompts(trained_, train, config_.schedule.seed);
        state_.begun = true;
        state_.phase_step = state_.batch = 0;
        clear_vitals();
    }

    /// Prepares a phase once in a process's life: sample lists, and the largest batch, which makes every
    /// vector and workspace grow once and for all.
    void warm_up(const data::Interactions& train, const data::Cases& valid) {
        best().history.reserve(static_cast<std::size_t>(epochs()));
        valid_ = state_.phase == Phase::joint
                     ? valid.sample(config_.schedule.joint_valid, config_.schedule.seed)
                     : valid;
        plan_.prepare(host_batch_, train, state_.phase);
        if (host_batch_.rows() > 0) {
            Block<Scalar, P> unused(*trained_.on, Ledger::entries);
            gradients_.zero(*trained_.on);
            pass(unused.data());
            // How many prompts users choose and how long their texts are is not known beforehand; half as
            // much again holds them.
            const double room = state_.phase == Phase::joint ? 1.5 : 1.0;
            work_.reserve(room);
            host_batch_.reserve(room);
        }
        warm_[index()] = true;
    }

    /// Forward and backward of the host batch.
    StepReport pass(Scalar* ledger) {
        Run<P> run = trained_.run(work_);
        gradients_.attach(run);
        run.training = true;
        run.seed = config_.schedule.seed;
        run.step = static_cast<std::uint32_t>(state_.step);
        const Batch<P> batch = bring(run, host_batch_);
        StepReport report = trained_.model->step(run, batch, state_.phase, ledger);
        if (ledger == ledger_.data()) state_.vitals.add(report);
        work_.reset();
        report.codes = {};
        return report;
    }

    bool epoch(const data::Interactions& train, const ProgressSink& sink) {
        const Schedule& s = config_.schedule;
        const Index number = state_.epoch();
        Progress told{Progress::Kind::step, state_.phase, number + 1, epochs()};
        told.all = plan_.begin_epoch(number);
        if (state_.batch == 0) clear_vitals();
        while (state_.batch < told.all) {
            plan_.fill(host_batch_, train, state_.batch, state_.step);
            gradients_.zero(*trained_.on);
            const StepReport report = pass(ledger_.data());
            ++state_.batch;
            ++state_.step;
            ++state_.phase_step;
            s.rates(trained_.model->layout(), state_.phase, state_.phase_step, report.adapter_learns, rates_);
            optimizer_.step(*trained_.on, *trained_.parameters, gradients_, rates_);
            told.done = state_.batch;
            if (!sink(told)) return false;
        }
        trained_.on->fetch(List<const Scalar, typename P::Space>(ledger_.list()), ledger_host_);
        for (Index e = 0; e < Ledger::entries; ++e)
            state_.vitals.ledger[e] = static_cast<double>(ledger_host_[e]);
        told.loss = state_.vitals.loss();
        told.valid = validate(told, sink);
        told.best = best().note(told.valid);
        if (told.best) keep_best();
        state_.batch = 0;
        told.kind = Progress::Kind::epoch;
        return sink(told);
    }

    double validate(Progress told, const ProgressSink& sink) {
        if (valid_.size() == 0) return 0;
        told.kind = Progress::Kind::evaluation;
        told.all = valid_.size();
        const auto tell = [&](Index done) {
            told.done = done;
            sink(told);
        };
        return evaluator_(trained_, valid_, Had::excluded, std::ref(tell)).ndcg(10);
    }

    void copy_between(Block<Scalar, P>& from, Block<Scalar, P>& to) {
        if (from.size() > 0)
            nn::copy<P>(*trained_.on, CRows<P>(from.view(1, from.size())), to.view(1, to.size()));
    }
    void keep_best() {
        for (const Home home : {Home::dense, Home::table})
            copy_between(trained_.parameters->block(home), best_.block(home));
    }
    /// Puts the best epoch's weights back and moves on.
    void end_phase() {
        if (best().epoch > 0)
            for (const Home home : {Home::dense, Home::table})
                copy_between(best_.block(home), trained_.parameters->block(home));
        if (state_.phase == Phase::joint || config_.schedule.joint_epochs == 0) {
            state_.finished = true;
        } else {
            state_.phase = Phase::joint;
            state_.begun = false;
        }
    }
    void clear_vitals() {
        Index codes = 0;
        if constexpr (Model::knows)
            if constexpr (std::remove_cvref_t<decltype(trained_.model->prompt())>::chooses)
                codes = trained_.model->prompt().codes().rows;
        state_.vitals.clear(codes);
        trained_.on->fill(ledger_.list(), Scalar(0));
    }

    Config config_;
    std::uint64_t catalogue_sum_;
    std::string language_sum_;
    Trained<Model, P> trained_;
    Gradients<P> gradients_, best_;
    AdamW<P> optimizer_;
    Block<Scalar, P> ledger_;
    Scalar ledger_host_[Ledger::entries] = {};
    Workspace<P> work_;
    Evaluator<Model, P> evaluator_;
    Plan plan_;
    TrainState state_;
    bool warm_[2] = {false, false};

    HostBatch host_batch_;
    data::Cases valid_;  ///< of the present phase
    std::vector<double> rates_;
};

}  // namespace coco
