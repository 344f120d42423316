// SPDX-License-Identifier: Apache-2.0
// Pre-training as a stage of its own: on a generated shop, from the loss that falls to weights that are
// carried into behaviour.
#include <catch2/catch.hpp>
#include <string>

#include <coco/backbone/s3rec.hpp>
#include <coco/eval/evaluate.hpp>
#include <coco/host/host.hpp>
#include <coco/serve/load.hpp>
#include <coco/train/checkpoint.hpp>
#include <coco/train/pretraining_stages.hpp>

#include "io/support.hpp"
#include "train/small_shop.hpp"

using namespace coco;
using backbone::S3Rec;
using Pretrained = SequentialRecommender<S3Rec>;

namespace {

/// The generated shop, whose items have their topics as attributes.
struct TopicShop {
    data::Synthetic made;
    data::Split split;

    TopicShop() {
        data::SyntheticConfig config;
        config.users = 120;
        config.topics = 12;
        config.places = 3;
        config.clues = 60;
        made = data::synthetic(config);
        split = data::leave_one_out(made.data.interactions);
    }
    const data::Catalogue& catalogue() const { return made.data.catalogue; }

    template <class Model = Pretrained>
    TrainConfig<Model> config(Index epochs = 4) const {
        auto c = test::small_config<Model>();
        c.model.behaviour.backbone.values = 12;
        c.model.behaviour.backbone.attributes = std::make_shared<const nn::Bags>(made.topics_of, 12);
        c.schedule.epochs = 3;
        c.schedule.stages = pretraining_stages(c.schedule, epochs, 2e-3);
        return c;
    }
};

template <class T>
std::vector<float> values(const T& trainer, const char* name) {
    const auto& model = trainer.model();
    return values_of(*model.on, std::as_const(*model.parameters), model.model->layout().tensor(name).ref);
}

const char* const encoder = "s3rec.layer0.attention.qkv.weight";
const char* const mask = "s3rec.mask";

}  // namespace

TEST_CASE("stages of pre-training: pretraining, then behaviour", "[pretraining]") {
    Schedule schedule;
    schedule.epochs = 17;
    const auto stages = pretraining_stages(schedule, 9, 5e-4, sampling::PretrainingByUser::name);
    REQUIRE(stages.size() == 2);
    CHECK(stages[0].name == "pretraining");
    CHECK(stages[0].sampler == "pretraining by user");
    CHECK(stages[0].rate_of("pretraining") == 5e-4);
    CHECK(stages[0].rate_of("table") == 5e-4);
    CHECK(stages[0].rate_of("knowledge") == 0);
    CHECK(stages[0].epochs == 9);
    CHECK(stages[1].name == "behaviour");
    CHECK(stages[1].sampler.empty());
    CHECK(stages[1].rate_of("behaviour") == schedule.rate);
    CHECK(stages[1].rate_of("pretraining") == 0);
    CHECK(stages[1].epochs == 17);
    CHECK(stages[1].fresh);
    CHECK_NOTHROW(check_stages(stages, "stages"));
}

TEST_CASE("pre-training: the loss falls, and behaviour goes on from the weights of the last epoch",
          "[pretraining]") {
    const TopicShop shop;
    const auto on = std::make_shared<Host>(1);
    Trainer<Pretrained, Host> trainer(shop.config(), shop.catalogue(), on);
    std::vector<double> loss;
    std::vector<float> encoder_then, mask_then, item_then;
    trainer.fit(shop.split.train, shop.split.valid, [&](const Progress& p) {
        if (p.kind != Progress::Kind::epoch || p.stage != TrainingStage::pretraining) return true;
        loss.push_back(p.loss);
        encoder_then = values(trainer, encoder);
        mask_then = values(trainer, mask);
        item_then = values(trainer, "item");
        return true;
    });
    REQUIRE(loss.size() == 4);
    CHECK(loss.back() < 0.8 * loss.front());
    CHECK(trainer.state().finished);
    // What only pre-training trains has stayed as it was, the rest has moved on.
    CHECK(values(trainer, mask) == mask_then);
    CHECK(values(trainer, encoder) != encoder_then);

    // The optimiser has started anew.
    const ParameterLayout& layout = trainer.model().model->layout();
    const auto steps = [&](const char* group) {
        return trainer.optimizer_steps()[static_cast<std::size_t>(layout.group_index(group))];
    };
    CHECK(steps("behaviour") == trainer.state().stage_step);
    CHECK(steps("table") == trainer.state().stage_step);
    CHECK(steps("pretraining") == 0);

    // A run without epochs of behaviour ends with these weights: none of an earlier epoch are restored.
    auto alone = shop.config();
    alone.schedule.stages[1].epochs = 0;
    Trainer<Pretrained, Host> first(alone, shop.catalogue(), on);
    first.fit(shop.split.train, shop.split.valid);
    CHECK(values(first, encoder) == encoder_then);
    CHECK(values(first, "item") == item_then);

    // With a single step of a tiny rate, behaviour is where pre-training ended.
    auto barely = shop.config();
    barely.schedule.stages[1].rates = {{"behaviour", 1e-9}, {"table", 1e-9}};
    barely.schedule.stages[1].epochs = 1;
    Trainer<Pretrained, Host> next(barely, shop.catalogue(), on);
    next.fit(shop.split.train, shop.split.valid);
    const auto there = values(next, encoder);
    double moved = 0;
    for (std::size_t i = 0; i < there.size(); ++i)
        moved = std::max(moved, std::abs(static_cast<double>(there[i] - encoder_then[i])));
    CHECK(moved < 1e-6);
    CHECK(evaluate(trainer.model(), shop.split.test).ndcg(10) > 0);
}

TEST_CASE("pre-training: stopped in the middle and resumed, with other threads, the file is the same",
          "[pretraining]") {
    const TopicShop shop;
    const support::Folder folder;
    const auto whole = folder / "whole.coco", parts = folder / "parts.coco";
    auto config = shop.config(3);
    const char* const sampler = GENERATE(sampling::Pretraining::name, sampling::PretrainingByUser::name);
    config.schedule.stages[0].sampler = sampler;
    config.schedule.stages[1].epochs = 1;
    Trainer<Pretrained, Host> one(config, shop.catalogue(), std::make_shared<Host>(1));
    one.fit(shop.split.train, shop.split.valid);
    save(whole, one);
    Trainer<Pretrained, Host> first(config, shop.catalogue(), std::make_shared<Host>(2)),
        second(config, shop.catalogue(), std::make_shared<Host>(1));
    CHECK(!first.fit(shop.split.train, shop.split.valid, [](const Progress& p) {
        return !(p.stage == TrainingStage::pretraining && p.kind == Progress::Kind::step && p.epoch == 2 &&
                 p.done == 1);
    }));
    save(parts, first);
    resume(parts, second);
    second.fit(shop.split.train, shop.split.valid);
    save(parts, second);
    CHECK(support::slurp(parts) == support::slurp(whole));

    // Served without attributes, which only pre-training reads; not as those of other texts.
    const auto loaded = load<Pretrained, Host>(whole);
    CHECK(evaluate(loaded, shop.split.test).ranks() == evaluate(one.model(), shop.split.test).ranks());
}

TEST_CASE("pre-training: without attributes the other two losses remain", "[pretraining]") {
    const TopicShop shop;
    auto config = shop.config(3);
    config.model.behaviour.backbone.values = 0;
    config.model.behaviour.backbone.attributes = nullptr;
    config.schedule.stages[1].epochs = 0;
    Trainer<Pretrained, Host> trainer(config, shop.catalogue());
    std::vector<double> loss;
    trainer.fit(shop.split.train, shop.split.valid, [&](const Progress& p) {
        if (p.kind == Progress::Kind::epoch) loss.push_back(p.loss);
        return true;
    });
    REQUIRE(loss.size() == 3);
    CHECK(loss.back() < loss.front());
}

TEST_CASE("pre-training of a pipeline's backbone comes before behaviour and knowledge", "[pretraining]") {
    using Whole = BasicPipeline<S3Rec, items::Table, prompt::VqCodebook, llm::Decoder<>,
                                decoupler::CrossAttention, aligner::CrossAttention, adapter::LoRA>;
    const TopicShop shop;
    const test::SmallShop language;  // the same data, and a language model
    auto config = shop.config<Whole>(1);
    config.schedule.stages[1].epochs = 1;
    config.schedule.joint_epochs = 1;
    {
        const Trainer<Whole, Host> by_default(test::small_config<Whole>(), shop.catalogue(),
                                              language.language);
        config.schedule.stages.push_back(by_default.stages().back());
    }
    Trainer<Whole, Host> trainer(config, shop.catalogue(), language.language);
    std::vector<std::string> ran;
    trainer.fit(shop.split.train, shop.split.valid, [&](const Progress& p) {
        if (p.kind == Progress::Kind::epoch && (ran.empty() || ran.back() != p.stage.name()))
            ran.emplace_back(p.stage.name());
        return true;
    });
    CHECK(ran == std::vector<std::string>{"pretraining", "behaviour", "joint"});
}

TEST_CASE("pre-training: a backbone without such a stage has no sampler for it", "[pretraining]") {
    const TopicShop shop;
    auto config = test::small_config<test::Plain>();
    config.schedule.stages = {pretraining_stage(1, 1e-3)};
    config.schedule.stages[0].rates = {{"behaviour", 1e-3}, {"table", 1e-3}};
    CHECK_THROWS_WITH((Trainer<test::Plain, Host>(config, shop.catalogue())),
                      Catch::StartsWith("sampler: unknown name"));
}
