// SPDX-License-Identifier: Apache-2.0
// Columns learned from held-back targets: the whole way, from words to a ranking by `items::Semantic`.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <fstream>
#include <string>

#include <coco/eval/evaluate.hpp>
#include <coco/host/host.hpp>
#include <coco/items/semantic.hpp>
#include <coco/items/words.hpp>
#include <coco/train/checkpoint.hpp>
#include <coco/train/hand_over.hpp>
#include <coco/train/learn_columns.hpp>

#include "io/support.hpp"
#include "train/wordy_shop.hpp"

using namespace coco;
using test::columns;
using test::Learner;
using test::Ranker;
using test::WordyShop;

TEST_CASE("learned columns: the loss of held-back targets falls, and a ranking takes what was learned",
          "[columns]") {
    const WordyShop shop;
    const auto on = std::make_shared<Host>(1);
    Trainer<Learner, Host> trainer(shop.learner(), shop.data.catalogue, on);
    std::vector<double> loss;
    trainer.fit(shop.split.train, shop.split.valid, [&](const Progress& p) {
        if (p.kind == Progress::Kind::epoch && p.stage == TrainingStage::columns) loss.push_back(p.loss);
        return true;
    });
    REQUIRE(loss.size() >= 2);
    CHECK(loss.back() < loss.front());

    const LearnedColumns learned = learned_columns(trainer.model());
    REQUIRE(learned.kappa.size() == shop.kappa.size());
    REQUIRE(learned.read.size() == shop.kappa.size());
    double moved = 0;
    for (std::size_t i = 0; i < shop.tokens.size(); ++i) {
        double length = 0;
        for (std::size_t j = 0; j < columns; ++j) {
            const double x = static_cast<double>(learned.kappa[i * columns + j]);
            length += x * x;
            moved += std::abs(x - static_cast<double>(shop.kappa[i * columns + j]));
        }
        CHECK(length == Approx(shop.tokens[i].empty() ? 0 : 1).margin(1e-5));
    }
    CHECK(moved > 0);
    CHECK(learned.read != learned.kappa);

    auto config = shop.config<Ranker>();
    config.model.behaviour.items.map = false;
    config.model.behaviour.items.kappa = [&](std::span<float> to) {
        std::copy(learned.kappa.begin(), learned.kappa.end(), to.begin());
    };
    config.model.behaviour.items.read = [&](std::span<float> to) {
        std::copy(learned.read.begin(), learned.read.end(), to.begin());
    };
    // The same behaviour and weight of the channel: the same ranking.
    config.model.channel.lambda = 3;
    Trainer<Ranker, Host> ranker(config, shop.data.catalogue, on);
    for (const ParameterBlock block : {ParameterBlock::dense, ParameterBlock::table})
        for (const Tensor& t : ranker.model().model->layout().tensors())
            if (t.ref.block == block) {
                const auto from = values_of(*on, std::as_const(*trainer.model().parameters),
                                            trainer.model().model->layout().tensor(t.name).ref);
                on->upload(from.data(), ranker.model().parameters->list(t.ref));
            }
    CHECK(evaluate(ranker.model(), shop.split.test).ndcg(10) ==
          Approx(evaluate(trainer.model(), shop.split.test).ndcg(10)).epsilon(1e-6));
}

TEST_CASE("learned columns: stopped in the columns' stage and resumed, the file is the same", "[columns]") {
    const WordyShop shop;
    const auto on = std::make_shared<Host>(1);
    const support::Folder folder;
    const auto whole = folder / "whole.coco", parts = folder / "parts.coco";
    Trainer<Learner, Host> one(shop.learner(), shop.data.catalogue, on);
    one.fit(shop.split.train, shop.split.valid);
    save(whole, one);
    Trainer<Learner, Host> first(shop.learner(), shop.data.catalogue, on),
        second(shop.learner(), shop.data.catalogue, on);
    int steps = 0;
    CHECK_FALSE(first.fit(shop.split.train, shop.split.valid, [&](const Progress& p) {
        return p.stage != TrainingStage::columns || p.kind != Progress::Kind::step || ++steps < 5;
    }));
    save(parts, first);
    resume(parts, second);
    second.fit(shop.split.train, shop.split.valid);
    save(parts, second);
    CHECK(support::slurp(whole) == support::slurp(parts));
    // One that learned from other texts.
    WordyShop other;
    std::vector<Id>& longer = *std::find_if(other.tokens.begin(), other.tokens.end(),
                                            [](const auto& words) { return !words.empty(); });
    longer.push_back(longer.front());
    Trainer<Learner, Host> third(other.learner(), shop.data.catalogue, on);
    CHECK_THROWS_WITH(resume(whole, third), Catch::Contains("items.texts: made with another setting"));
}

TEST_CASE("learned columns: other items have no such stage", "[columns]") {
    const WordyShop shop;
    auto config = shop.config<Ranker>();
    config.schedule.stages = columns_stages(config.schedule, config.sampling.samples);
    for (StageSettings& stage : config.schedule.stages)
        for (GroupRate& rate : stage.rates)
            if (rate.group == "words") rate.group = "channel", rate.rate = 0;
    config.schedule.stages[1].rates = {{"channel", 1e-3}};
    Trainer<Ranker, Host> trainer(config, shop.data.catalogue);
    CHECK_THROWS_WITH(trainer.fit(shop.split.train, shop.split.valid),
                      Catch::Contains("stage columns: the columns of these items are not learned"));
}
