// SPDX-License-Identifier: Apache-2.0
// A schedule of stages of one's own: what learns, from which samples, and that a run goes on in any of them.
#include <catch2/catch.hpp>

#include <coco/host/host.hpp>
#include <coco/serve/load.hpp>
#include <coco/train/checkpoint.hpp>

#include "io/support.hpp"
#include "train/small_shop.hpp"

using namespace coco;
using test::Plain;
using test::SmallShop;

namespace {

/// Three stages: items alone from positions, then all from prefixes, then the backbone from joint groups.
TrainConfig<Plain> three_stages() {
    auto config = test::small_config<Plain>();
    StageSettings items, all, last;
    items.name = "items";
    items.sampler = "positions";
    items.rate = 0;
    items.rates = {{"table", 1e-2}};
    items.epochs = 2;
    all.name = "all";
    all.rate = 1e-3;
    all.epochs = 2;
    all.warm_up = 5;
    last.name = "last";
    last.sampler = "joint";
    last.rates = {{"table", 0}};
    last.epochs = 1;
    last.valid = 7;
    config.schedule.stages = {items, all, last};
    return config;
}

}  // namespace

TEST_CASE("stages: each trains its groups, from its sampler, for its epochs", "[stages]") {
    const SmallShop shop(60);
    Trainer<Plain, Host> trainer(three_stages(), shop.data.catalogue);
    const auto values = [&](const char* name) {
        return values_of(*trainer.model().on, *trainer.model().parameters,
                         trainer.model().model->layout().tensor(name).ref);
    };
    const auto item = values("item"), position = values("sasrec.position");
    std::vector<std::string> seen;
    std::vector<float> item_after, position_after;
    REQUIRE(trainer.fit(shop.split.train, shop.split.valid, [&](const Progress& p) {
        if (p.kind == Progress::Kind::epoch) {
            seen.push_back(text_of(p.stage.name(), " ", p.epoch));
            if (p.stage == "items") CHECK(values("sasrec.position") == position);
            if (p.stage == "items") CHECK(values("item") != item);
            if (p.stage == "last") CHECK(values("item") == item_after);
            if (p.stage == "last") CHECK(values("sasrec.position") != position_after);
        }
        if (p.kind == Progress::Kind::step && p.stage == "last" && p.done == 1) {
            item_after = values("item");
            position_after = values("sasrec.position");
        }
        if (p.kind == Progress::Kind::evaluation && p.stage == "last") CHECK(p.all == 7);
        if (p.kind == Progress::Kind::evaluation && p.stage == "all") CHECK(p.all == shop.split.valid.size());
        return true;
    }));
    CHECK(seen == std::vector<std::string>{"items 1", "items 2", "all 1", "all 2", "last 1"});
    CHECK(trainer.state().best.size() == 3);
    CHECK(three_stages().schedule.stages[1].ramp(2) == 0.4);
}

TEST_CASE("stages: a run stopped in any of them and resumed gives the same file", "[stages]") {
    const SmallShop shop(60);
    const support::Folder folder;
    Trainer<Plain, Host> whole(three_stages(), shop.data.catalogue);
    REQUIRE(whole.fit(shop.split.train, shop.split.valid));
    save(folder / "whole.coco", whole);
    for (const char* const stage : {"items", "all", "last"}) {
        Trainer<Plain, Host> stopped(three_stages(), shop.data.catalogue);
        REQUIRE(!stopped.fit(shop.split.train, shop.split.valid, [&](const Progress& p) {
            return !(p.stage == stage && p.kind == Progress::Kind::step && p.done == 1);
        }));
        CHECK(stopped.state().stage == stage);
        save(folder / "stopped.coco", stopped);
        Trainer<Plain, Host> resumed(three_stages(), shop.data.catalogue);
        resume(folder / "stopped.coco", resumed);
        REQUIRE(resumed.fit(shop.split.train, shop.split.valid));
        save(folder / "resumed.coco", resumed);
        CHECK(support::slurp(folder / "resumed.coco") == support::slurp(folder / "whole.coco"));
    }
    CHECK(evaluate(load<Plain, Host>(folder / "whole.coco"), shop.split.test).ranks() ==
          evaluate(whole.model(), shop.split.test).ranks());
    // A list of other stages is another run.
    auto other = three_stages();
    other.schedule.stages.pop_back();
    Trainer<Plain, Host> shorter(other, shop.data.catalogue);
    CHECK_THROWS_WITH(resume(folder / "whole.coco", shorter), Catch::Contains("stages"));
    Trainer<Plain, Host> two(test::small_config<Plain>(), shop.data.catalogue);
    CHECK_THROWS_WITH(resume(folder / "whole.coco", two), Catch::Contains("stages"));
}

TEST_CASE("stages: what makes no sense says so before training", "[stages]") {
    const SmallShop shop(20);
    const auto refused = [&](const auto& change, const char* expected) {
        auto config = three_stages();
        change(config.schedule.stages);
        CHECK_THROWS_WITH((Trainer<Plain, Host>(config, shop.data.catalogue)), Catch::Contains(expected));
    };
    refused([](auto& s) { s[1].name = "items"; }, "schedule.stages[1].name: another stage has this name");
    refused([](auto& s) { s[1].name = ""; }, "no name of a stage");
    refused([](auto& s) { s[0].sampler = "windows"; },
            "sampler: unknown name: expected one of prefixes, positions, joint");
    refused([](auto& s) { s[0].sampler = "cloze"; },
            "sampler cloze: the backbone has no vector for masked items");
    refused([](auto& s) { s[0].rates[0].group = "tables"; }, "tables: no such parameter group");
    refused([](auto& s) { s[0].rates[0].rate = -1; }, "rates[0].rate");
    refused([](auto& s) { s[2].warm_up = -1; }, "warm_up");
    refused([](auto& s) { s = {s[0]}; }, "parameter group behaviour: no training stage trains it");
}
