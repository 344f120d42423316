// SPDX-License-Identifier: Apache-2.0
// The main example: SASRec, SASRec that ranks by the items' texts as well, then with a language model's
// knowledge of each user, and SASRec trained on for equally long; compared on all users by full ranking. Then
// the model is saved, loaded again, and recommends.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <memory>

#include <coco/baseline/popularity.hpp>
#include <coco/eval/bootstrap.hpp>
#include <coco/eval/report.hpp>
#include <coco/host/host.hpp>
#include <coco/items/semantic.hpp>
#include <coco/pipeline/make_knowledge.hpp>
#include <coco/serve/load.hpp>
#include <coco/serve/recommender.hpp>

#include "experiment/material.hpp"
#include "experiment/variants.hpp"

namespace {

using coco::Host;
using coco::Id;
using coco::Index;
using namespace experiment;

using Shop = coco::Pipeline<coco::backbone::SASRec, coco::items::Semantic>;
using SequentialRecommender = coco::behaviour_model<Shop>;

constexpr const char *stage1_row = "SASRec", *longer_row = "SASRec, trained on",
                     *channel_row = "SASRec+channel", *shop_row = "SASRec+CoCo";

/// Trains and evaluates each model; false if Ctrl-C ended it.
class Comparison {
public:
    Comparison(const Job& job, coco::Report& report)
        : job_(job), report_(report), host_(std::make_shared<Host>(job.options.threads)) {}

    bool stage1(std::unique_ptr<coco::Trainer<SequentialRecommender, Host>>& trainer) {
        std::printf("\nStage 1: SASRec\n");
        trainer =
            trainer_for<SequentialRecommender>(coco::behaviour_config(config_for<Shop>(job_)), job_, host_);
        return fit(*trainer, stage1_row);
    }
    bool longer(coco::Trainer<SequentialRecommender, Host>& stage1) {
        std::printf("\nSASRec trained on: the same epochs, targets and loss as stage 2, no language model\n");
        const auto trainer =
            trainer_for<SequentialRecommender>(config_for<SequentialRecommender>(job_), job_, host_);
        coco::hand_over(stage1, *trainer);
        return fit(*trainer, longer_row);
    }
    bool channel(coco::Trainer<SequentialRecommender, Host>& stage1) {
        std::printf("\nSASRec+channel: rankings by the items' texts too; nothing is trained\n");
        auto config = config_for<SequentialRecommender>(job_);
        config.model.channel.on = true;
        config.schedule.joint_epochs = 0;
        const auto trainer = trainer_for<SequentialRecommender>(config, job_, host_);
        coco::hand_over(stage1, *trainer);
        const bool done = fit(*trainer, channel_row);
        const coco::Channel& weights = trainer->model().model->channel();
        std::printf("lambda = %g, gate = %g, the best on validation\n",
                    number(trainer->model(), weights.lambda()),
                    number(trainer->model(), weights.gate().gate()));
        return done;
    }
    bool shop(coco::Trainer<SequentialRecommender, Host>& stage1) {
        std::printf("\nStage 2: SASRec+CoCo\n");
        const auto trainer = trainer_for<Shop>(config_for<Shop>(job_), job_, host_);
        coco::hand_over(stage1, *trainer);
        const bool done = fit(*trainer, shop_row);
        const coco::TrainingDiagnostics& v = trainer->state().diagnostics;
        std::printf(
            "last joint epoch: M = 1 for %.2f of the targets, %.1f codes a user (%.0f of %lld in effect in "
            "use), "
            "|a-h|/|h| = %.3f\n",
            v.mean_m(), v.codes_per_user(), v.perplexity(), static_cast<long long>(job_.options.codes),
            v.moved());
        return done;
    }

private:
    template <class Model>
    bool fit(coco::Trainer<Model, Host>& trainer, const char* name) {
        std::fflush(stdout);
        Fitting<Model, Host> fitting(trainer, job_, job_.save);
        do {
            if (!fitting()) return false;
        } while (fitting.at_end_of_stage1());
        report_.add(name, measure(trainer.model(), job_.split.test, name, job_.options));
        return true;
    }

    const Job& job_;
    coco::Report& report_;
    std::shared_ptr<Host> host_;
};

/// Prints the differences of one row to another.
void explain(const coco::Report& report, const char* row, const char* base_row) {
    const coco::Metrics &shop = report[row], &base = report[base_row];
    std::printf("\n%s minus %s, with 95 %% intervals (users resampled in pairs):\n", row, base_row);
    for (const Index k : report.cutoffs()) {
        const auto line = [&](const char* name, const std::vector<double>& a, const std::vector<double>& b) {
            const coco::Interval i = coco::paired_bootstrap(a, b);
            std::printf("  %s@%-2lld %+.4f  [%+.4f, %+.4f]\n", name, static_cast<long long>(k), i.difference,
                        i.low, i.high);
        };
        line("R", shop.recalls(k), base.recalls(k));
        line("N", shop.gains(k), base.gains(k));
    }
}

/// Prints how much the number of people lets be seen.
void warn(const coco::Report& report) {
    const coco::Metrics& base = report[stage1_row];
    const double p = base.recall(5), n = static_cast<double>(base.count());
    std::printf(
        "With %.0f people a R@5 of %.3f has a standard error of %.3f: this shows that the pipeline works, "
        "not which "
        "method is better. A difference whose interval holds 0 cannot be told from none.\n",
        n, p, std::sqrt(p * (1 - p) / n));
}

std::string title_of(const coco::data::Catalogue& catalogue, Id item) {
    const coco::data::ItemText& words = catalogue[item];
    const std::string name = words.title.empty() ? catalogue.key(item) : words.title;
    return words.year.empty() ? name : name + " (" + words.year + ")";
}

/// Recommends to three users, with the model from its file and their knowledge.
void recommend(const Job& job, const std::filesystem::path& file, const coco::data::Dataset& data) {
    const auto host = std::make_shared<Host>(job.options.threads);
    auto trained = coco::load<Shop>(file, *job.language, &job.catalogue, host, [&](auto& config) {
        config.model.behaviour.items = config_for<Shop>(job).model.behaviour.items;
    });
    std::vector<Id> people;
    for (Index quarter = 1; quarter <= 3; ++quarter)
        people.push_back(job.split.test[quarter * (job.split.test.size() - 1) / 4].user);
    coco::data::Interactions histories;
    for (Id user = 0; user < static_cast<Id>(data.interactions.users()); ++user) {
        const bool chosen = std::find(people.begin(), people.end(), user) != people.end();
        histories.add(chosen ? data.interactions.of(user) : std::span<const Id>());
    }
    coco::Knowledge knowledge = coco::make_knowledge(trained, histories);
    const coco::Recommender<Shop, Host> recommender(std::move(trained), std::move(knowledge));
    for (const Id user : people) {
        const std::span<const Id> history = histories.of(user);
        const coco::Recommendation scoring = recommender.recommend({history, user, 10, {}});
        std::printf("\nPerson %s took last:\n", data.users[user].c_str());
        for (const Id item : history.last(std::min<std::size_t>(history.size(), 5)))
            std::printf("      %s\n", title_of(job.catalogue, item).c_str());
        std::printf("and may take next%s:\n", scoring.used_knowledge ? "" : " (by behaviour alone)");
        for (std::size_t i = 0; i < scoring.items.size(); ++i)
            std::printf("  %2zu. %s\n", i + 1, title_of(job.catalogue, scoring.items[i].item).c_str());
    }
}

int main_job(Options o, bool quick, bool full) {
    const auto start = std::chrono::steady_clock::now();
    o.coco = "full";
    o.llm_layers = full ? 0 : quick ? 4 : 8;
    o.text_tokens = 64;
    o.joint_epochs = quick ? 1 : 3;
    o.epochs = quick ? 20 : full ? 200 : 60;
    o.patience = quick ? 3 : full ? 10 : 5;
    if (o.llm == "tiny") o.llm_layers = 0;

    const coco::data::Dataset data = open_data(o.data);
    const coco::data::Split split = coco::data::leave_one_out(data.interactions);
    coco::require(split.test.size() >= 3, o.data, "too few people to be evaluated", "at least 3");
    o.samples = samples_for(split.train, o.window);
    const coco::llm::TextModel language = open_language(o, data.catalogue);
    const coco::llm::Config& shape = language.source.config;
    std::printf("%s: %lld people, %lld items, %lld interactions, a sample: %s\n", o.data.c_str(),
                static_cast<long long>(data.interactions.users()),
                static_cast<long long>(data.catalogue.size()),
                static_cast<long long>(data.interactions.size()),
                o.samples == "positions" ? "all positions" : "a prefix");
    std::printf(
        "%s: the first %lld of %lld layers and the final norm, %lld text tokens a person, %lld joint "
        "epoch%s\n",
        std::filesystem::path(o.llm).filename().c_str(), static_cast<long long>(shape.used()),
        static_cast<long long>(shape.layers), static_cast<long long>(o.text_tokens),
        static_cast<long long>(o.joint_epochs), o.joint_epochs == 1 ? "" : "s");

    const std::filesystem::path file = cache() / "main_job.coco";
    std::filesystem::create_directories(cache());
    const std::vector<SemanticColumns> semantic = semantic_columns(o, data.catalogue, &language);
    const Job job{o,
                  data.catalogue,
                  data.interactions,
                  split,
                  &language,
                  semantic,
                  &semantic.front(),
                  1,
                  file.string(),
                  {},
                  {},
                  {}};

    coco::Report report;
    const coco::baseline::Popularity popular(split.train, data.catalogue.size());
    coco::Metrics by_popularity;
    for (Index i = 0; i < split.test.size(); ++i)
        by_popularity.add(popular.rank_of(split.test[i].history, split.test[i].target));
    report.add("PopRec", by_popularity);

    catch_interrupts();
    {
        Comparison comparison(job, report);
        std::unique_ptr<coco::Trainer<SequentialRecommender, Host>> stage1;
        if (!comparison.stage1(stage1) || !comparison.longer(*stage1) || !comparison.channel(*stage1) ||
            !comparison.shop(*stage1))
            throw Interrupted();
    }
    std::cout << "\nTest, full ranking:\n" << report << std::flush;
    explain(report, channel_row, stage1_row);
    explain(report, shop_row, longer_row);
    warn(report);
    std::printf("\nThe model was saved as %s and is loaded again.\n", file.c_str());
    recommend(job, file, data);
    std::printf("\n%.0f seconds\n",
                std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app("Trains SASRec and SASRec+CoCo, compares them, saves, loads and recommends.", "main_job");
    Options o;
    o.llm = "tiny";
    bool quick = false, full = false;
    app.add_option("--data", o.data, "folder of a data set, \"ml-100k\" (in the cache) or \"synthetic\"")
        ->required();
    app.add_option("--llm", o.llm, "language model: FILE.gguf, or \"tiny\"")->capture_default_str();
    const auto fast = app.add_flag("--quick", quick, "4 layers of the language model, 1 joint epoch");
    app.add_flag("--full", full, "all layers")->excludes(fast);
    app.add_option("--threads", o.threads, "0: all the machine has")
        ->capture_default_str()
        ->check(CLI::Range(0, 4096));
    CLI11_PARSE(app, argc, argv);
    try {
        return main_job(o, quick, full);
    } catch (const Interrupted&) {
        std::fprintf(stderr, "\nstopped; where it stood is saved as %s\n",
                     (cache() / "main_job.coco").c_str());
        return 130;
    } catch (const std::exception& problem) {
        std::fprintf(stderr, "main_job: %s\n", problem.what());
        return 1;
    }
}
