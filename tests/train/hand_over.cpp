// SPDX-License-Identifier: Apache-2.0
// A behaviour stage that was trained once is handed to any number of variants: each then is what it would be
// had it trained the stage itself.
#include <catch2/catch.hpp>

#include <coco/host/host.hpp>
#include <coco/train/checkpoint.hpp>
#include <coco/train/hand_over.hpp>

#include "io/support.hpp"
#include "train/small_shop.hpp"

using namespace coco;
using test::Plain;
using test::Shop;
using test::SmallShop;

TEST_CASE("hand-over: the stages in one trainer and in two give the same file", "[hand_over]") {
    const SmallShop shop(60);
    const support::Folder folder;
    auto config = test::small_config<Shop>();
    config.schedule.joint_epochs = 1;
    static_assert(std::is_same_v<behaviour_model<Shop>, Plain>);
    Trainer<Plain, Host> first(behaviour_config(config), shop.data.catalogue);
    {
        Trainer<Shop, Host> early(config, shop.data.catalogue, shop.language);
        CHECK_THROWS_WITH(hand_over(first, early), Catch::Contains("has not finished"));
    }
    REQUIRE(first.fit(shop.split.train, shop.split.valid));
    Trainer<Shop, Host> whole(config, shop.data.catalogue, shop.language),
        second(config, shop.data.catalogue, shop.language);
    REQUIRE(whole.fit(shop.split.train, shop.split.valid));
    for (int n = 0; n < 2; ++n) hand_over(first, second);  // as often as one likes
    CHECK(second.state().stage == "joint");
    REQUIRE(second.fit(shop.split.train, shop.split.valid));
    save(folder / "whole.coco", whole);
    save(folder / "second.coco", second);
    CHECK(support::slurp(folder / "second.coco") == support::slurp(folder / "whole.coco"));
}

TEST_CASE("hand-over: a trainer's behaviour is that of the stage alone", "[hand_over]") {
    const SmallShop shop(60);
    auto config = test::small_config<Shop>();
    Trainer<Plain, Host> first(behaviour_config(config), shop.data.catalogue);
    REQUIRE(first.fit(shop.split.train, shop.split.valid));
    Trainer<Shop, Host> whole(config, shop.data.catalogue, shop.language);
    whole.fit(shop.split.train, shop.split.valid, [&](const Progress& p) {
        return !(p.kind == Progress::Kind::epoch && p.epoch == p.epochs &&
                 p.stage == TrainingStage::behaviour);
    });
    const std::vector<double> alone = evaluate(first.model(), shop.split.test).ranks();
    CHECK(evaluate(behaviour_of(whole), shop.split.test).ranks() == alone);
    // Validation of the stage needs no language model, and saw the same.
    REQUIRE(whole.fit(shop.split.train, shop.split.valid));
    CHECK(whole.state().best[0].history == first.state().best[0].history);
    Evaluator<Shop, Host> evaluator(*whole.model().on);
    const auto ranks = [&](RankedBy by) {
        return evaluator(whole.model(), shop.split.test, SeenItems::excluded, {}, by).ranks();
    };
    CHECK(ranks(RankedBy::behaviour) == evaluate(behaviour_of(whole), shop.split.test).ranks());
    CHECK(ranks(RankedBy::behaviour) != ranks(RankedBy::everything));
}

TEST_CASE("hand-over: stages are matched by name, wherever they stand in the lists", "[hand_over]") {
    const SmallShop shop(60);
    auto config = test::small_config<Plain>();
    config.schedule.joint_epochs = 0;
    Trainer<Plain, Host> first(config, shop.data.catalogue);
    REQUIRE(first.fit(shop.split.train, shop.split.valid));
    StageSettings before, same, after;
    before.name = "before";
    after.name = "after";
    config.schedule.stages = {before, same, after};
    Trainer<Plain, Host> longer(config, shop.data.catalogue);
    hand_over(first, longer);
    CHECK(longer.state().stage == "after");
    CHECK(longer.state().best[0].history.empty());
    CHECK(longer.state().best[1].history == first.state().best[0].history);
    CHECK(longer.state().best[2].history.empty());
    config.schedule.stages = {before};
    Trainer<Plain, Host> other(config, shop.data.catalogue);
    CHECK_THROWS_WITH(hand_over(first, other), Catch::Contains("no stage of this schedule"));
}
