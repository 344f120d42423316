// SPDX-License-Identifier: Apache-2.0
// UniSRec's two stages on a generated shop, from the loss that falls to a file that is served.
#include <catch2/catch.hpp>

#include <coco/baseline/unisrec/unisrec.hpp>
#include <coco/data/synthetic.hpp>
#include <coco/eval/evaluate.hpp>
#include <coco/host/host.hpp>
#include <coco/serve/load.hpp>
#include <coco/train/checkpoint.hpp>
#include <coco/train/unisrec_stages.hpp>

#include "io/support.hpp"

using namespace coco;
using baseline::UniSRec;

namespace {

/// A generated shop whose text vectors are the items' topics, among noise.
struct TextShop {
    data::Synthetic made;
    data::Split split;
    std::vector<float> texts;
    static constexpr Index columns = 16;

    TextShop() {
        data::SyntheticConfig config;
        config.users = 120;
        config.topics = 12;
        config.places = 3;
        config.clues = 60;
        made = data::synthetic(config);
        split = data::leave_one_out(made.data.interactions);
        RandomStream random(3);
        for (const auto& topics : made.topics_of)
            for (Index j = 0; j < columns; ++j)
                texts.push_back(static_cast<float>(
                    0.2 * random.normal() +
                    (std::count(topics.begin(), topics.end(), static_cast<Id>(j)) > 0 ? 1 : 0)));
    }
    void give(UniSRec::Config& config) const {
        config.behaviour.items.texts = [this](std::span<float> out) {
            std::copy(texts.begin(), texts.end(), out.begin());
        };
    }
    TrainConfig<UniSRec> config(Index epochs, bool transductive) const {
        TrainConfig<UniSRec> c;
        auto& backbone = c.model.behaviour.backbone;
        backbone.encoder.width = 16;
        backbone.encoder.hidden = 32;
        backbone.encoder.layers = 1;
        c.model.behaviour.items.adaptor.experts = 3;
        c.model.behaviour.items.text_width = columns;
        c.model.behaviour.items.space = "topics";
        c.model.behaviour.items.transductive = transductive;
        give(c.model);
        c.schedule.batch.samples = 64;
        c.schedule.epochs = 2;
        c.schedule.joint_epochs = 0;
        c.schedule.stages = unisrec_stages(c.schedule, epochs, 2e-3, true, transductive);
        return c;
    }
};

template <class T>
std::vector<float> values(const T& trainer, const char* name) {
    const auto& model = trainer.model();
    return values_of(*model.on, std::as_const(*model.parameters), model.model->layout().tensor(name).ref);
}

}  // namespace

TEST_CASE("stages of UniSRec: pretraining without E, then the adaptor alone", "[unisrec]") {
    Schedule schedule;
    schedule.epochs = 17;
    const auto stages = unisrec_stages(schedule, 9, 5e-4, true, true);
    REQUIRE(stages.size() == 2);
    CHECK(stages[0].name == "pretraining");
    CHECK(stages[0].epochs == 9);
    CHECK(stages[0].valid == 0);
    CHECK(stages[0].rate_of("adaptor") == 5e-4);
    CHECK(stages[0].rate_of("table") == 0);
    CHECK(stages[1].name == "behaviour");
    CHECK(stages[1].epochs == 17);
    CHECK(stages[1].fresh);
    CHECK(stages[1].rate_of("encoder") == 0);
    CHECK(stages[1].rate_of("table") == schedule.rate);
    CHECK(unisrec_stages(schedule, 9, 5e-4, false, false)[1].rate_of("encoder") == schedule.rate);
    CHECK(unisrec_stages(schedule, 0, 5e-4, true, false)[1].rate_of("encoder") == schedule.rate);
    CHECK_NOTHROW(check_stages(stages, "stages"));
}

TEST_CASE("UniSRec: the loss of pre-training falls; stopped and resumed, the file is the same; it is served",
          "[unisrec]") {
    const TextShop shop;
    const support::Folder folder;
    const auto whole = folder / "whole.coco", parts = folder / "parts.coco";
    const auto config = shop.config(4, true);
    const auto& catalogue = shop.made.data.catalogue;
    Trainer<UniSRec, Host> one(config, catalogue, std::make_shared<Host>(1));
    std::vector<double> loss;
    std::vector<float> table, encoder;
    const auto item = values(one, "item");
    one.fit(shop.split.train, shop.split.valid, [&](const Progress& p) {
        if (p.kind != Progress::Kind::epoch || p.stage != TrainingStage::pretraining) return true;
        loss.push_back(p.loss);
        table = values(one, "item");
        encoder = values(one, "sasrec.layer0.attention.qkv.weight");
        return true;
    });
    REQUIRE(loss.size() == 4);
    CHECK(loss.back() < 0.9 * loss.front());
    CHECK(table == item);
    CHECK(values(one, "item") != item);
    CHECK(values(one, "sasrec.layer0.attention.qkv.weight") == encoder);
    save(whole, one);

    Trainer<UniSRec, Host> first(config, catalogue, std::make_shared<Host>(2)),
        second(config, catalogue, std::make_shared<Host>(1));
    CHECK(!first.fit(shop.split.train, shop.split.valid, [](const Progress& p) {
        return !(p.stage == TrainingStage::pretraining && p.kind == Progress::Kind::step && p.epoch == 2 &&
                 p.done == 1);
    }));
    save(parts, first);
    resume(parts, second);
    second.fit(shop.split.train, shop.split.valid);
    save(parts, second);
    CHECK(support::slurp(parts) == support::slurp(whole));

    const auto on = std::make_shared<Host>(1);
    const auto loaded = load<UniSRec, Host>(whole, on, [&](auto& c) { shop.give(c.model); });
    CHECK(evaluate(loaded, shop.split.test).ranks() == evaluate(one.model(), shop.split.test).ranks());
    CHECK_THROWS_WITH((load<UniSRec, Host>(whole)), Catch::Contains("no text vectors"));
    CHECK_THROWS_WITH((load<UniSRec, Host>(whole, on,
                                           [&](auto& c) {
                                               shop.give(c.model);
                                               c.model.behaviour.items.space = "others";
                                           })),
                      Catch::Contains("made with another semantic space"));
}
