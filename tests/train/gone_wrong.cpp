// SPDX-License-Identifier: Apache-2.0
// Runs that have gone wrong say so: numbers that are not finite, items outside the catalogue, parameters that
// nothing trains; and a stop is heeded wherever it is asked for.
#include <catch2/catch.hpp>
#include <cmath>
#include <cstdio>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include <coco/baseline/popularity.hpp>
#include <coco/host/host.hpp>
#include <coco/train/checkpoint.hpp>

#include "backbone/user_gru.hpp"
#include "io/support.hpp"
#include "small_shop.hpp"

using namespace coco;
using test::Plain;
using test::SmallShop;

namespace {

TrainConfig<Plain> short_run() {
    auto config = test::small_config<Plain>();
    config.schedule.epochs = 2;
    config.schedule.joint_epochs = 0;
    return config;
}

/// Sets one number of a tensor's values.
void poison(Trainer<Plain, Host>& trainer, const std::string& name, float value) {
    const TensorRef ref = trainer.model().model->layout().tensor(name).ref;
    trainer.for_each_block([&](const std::string& section, ParameterBlock block, auto list) {
        if (section == "values" && block == ref.block) list.data[ref.at] = value;
    });
}

/// A backbone whose parameters are in a group of their own.
class Apart : public user::Gru {
public:
    Apart(ParameterLayout& layout, const Config& c) : Gru((layout.group("gru"), layout), c) {}
};
class ApartFrozen : public user::Gru {
public:
    ApartFrozen(ParameterLayout& layout, const Config& c)
        : Gru((layout.group("gru", ParameterBlock::dense, GroupUse::may_stay_untrained), layout), c) {}
};

}  // namespace

TEST_CASE("a loss or gradient that is not finite ends training, with epoch, step and group", "[trainer]") {
    const SmallShop shop(60);
    const support::Folder folder;
    for (const float wrong : {std::nanf(""), std::numeric_limits<float>::infinity()})
        for (const char* const tensor : {"item", "sasrec.position"})
            for (const double clip : {5.0, 0.0}) {
                auto config = short_run();
                config.optimizer.clip = clip;
                config.schedule.batch.samples = 20;
                Trainer<Plain, Host> trainer(config, shop.data.catalogue, std::make_shared<Host>(2));
                INFO(tensor << " " << wrong << ", clip " << clip);
                CHECK_THROWS_WITH(
                    trainer.fit(shop.split.train, shop.split.valid,
                                [&](const Progress& p) {
                                    if (p.epoch == 1 && p.kind == Progress::Kind::step && p.done == 2)
                                        poison(trainer, tensor, wrong);
                                    return true;
                                }),
                    Catch::Contains("training, behaviour epoch 1, step 3: ") &&
                        Catch::Contains("parameter group ") && Catch::Contains("not finite"));
                CHECK_THROWS_WITH(save(folder / "bad.coco", trainer),
                                  Catch::Contains("bad.coco: ") && Catch::Contains("not written"));
                CHECK(!std::filesystem::exists(folder / "bad.coco"));
            }
}

TEST_CASE("items outside the catalogue are refused by every public entry", "[trainer]") {
    const SmallShop shop(20);
    const Index items = shop.data.catalogue.size();
    auto config = short_run();
    config.schedule.epochs = 1;
    Trainer<Plain, Host> trainer(config, shop.data.catalogue);
    for (const Id wrong : {static_cast<Id>(items), Id{-1}, Id{-7}, std::numeric_limits<Id>::max()}) {
        INFO(wrong);
        const std::string expected = text_of("no such item: expected 0 to ", items - 1, ", found ", wrong);
        for (std::size_t at = 0; at < 4; ++at) {
            data::Interactions all;
            for (Id user = 0; user < 3; ++user) {
                std::vector<Id> list{0, 1, 2, 3};
                if (user == 1) list[at] = wrong;
                all.add(list);
            }
            const data::Split split = data::leave_one_out(all);
            if (at < 3) CHECK_THROWS_WITH(trainer.fit(split.train, split.valid), Catch::Contains(expected));
            CHECK_THROWS_WITH(evaluate(trainer.model(), split.test), Catch::Contains(expected));
            if (at < 2)
                CHECK_THROWS_WITH(baseline::Popularity(split.train, items), Catch::Contains(expected));
        }
    }
    CHECK(trainer.state().step == 0);
    const auto store = std::make_shared<const data::Interactions>(shop.data.interactions);
    CHECK_THROWS_WITH(data::Cases(store, {static_cast<Id>(store->users())}, 1),
                      Catch::Contains("no such user"));
    CHECK_THROWS_WITH(data::Cases(store, {-1}, 1), Catch::Contains("no such user"));
    CHECK_THROWS_WITH(data::Cases(store, {0}, 1000), Catch::Contains("too few items for a case"));
    CHECK_THROWS_WITH(data::Cases(store, {0}, 0), Catch::Contains("held-out items out of range"));
}

TEST_CASE("a parameter group that no training stage trains is an error unless it may be", "[trainer]") {
    const SmallShop shop(20);
    using Forgotten = SequentialRecommender<Apart>;
    using Declared = SequentialRecommender<ApartFrozen>;
    TrainConfig<Forgotten> config;
    config.schedule.joint_epochs = 0;
    config.model.behaviour.backbone.size = 4;
    // By default the behaviour stage trains every group of a model without a language model, whatever its
    // name.
    {
        const Trainer<Forgotten, Host> trainer(config, shop.data.catalogue);
        CHECK(trainer.stages()[0].rate_of("gru") == config.schedule.rate);
    }
    StageSettings stage;
    stage.rates = {{"gru", 0}};
    config.schedule.stages = {stage};
    CHECK_THROWS_WITH((Trainer<Forgotten, Host>(config, shop.data.catalogue)),
                      Catch::Contains("parameter group gru: no training stage trains it"));
    TrainConfig<Declared> declared;
    declared.schedule.joint_epochs = 0;
    declared.model.behaviour.backbone.size = 4;
    CHECK_NOTHROW(Trainer<Declared, Host>(declared, shop.data.catalogue));
}

TEST_CASE("a stop asked for during validation is heeded, and the run goes on from there", "[trainer]") {
    const SmallShop shop(60);
    const support::Folder folder;
    Trainer<Plain, Host> whole(short_run(), shop.data.catalogue), stopped(short_run(), shop.data.catalogue);
    REQUIRE(whole.fit(shop.split.train, shop.split.valid));
    save(folder / "whole.coco", whole);
    Index reports = 0;
    CHECK(!stopped.fit(shop.split.train, shop.split.valid, [&](const Progress& p) {
        reports += p.kind == Progress::Kind::evaluation;
        return p.kind != Progress::Kind::evaluation;
    }));
    CHECK(reports == 1);
    CHECK(stopped.state().best[0].history.empty());
    save(folder / "stopped.coco", stopped);
    Trainer<Plain, Host> resumed(short_run(), shop.data.catalogue);
    resume(folder / "stopped.coco", resumed);
    REQUIRE(resumed.fit(shop.split.train, shop.split.valid));
    save(folder / "resumed.coco", resumed);
    CHECK(support::slurp(folder / "resumed.coco") == support::slurp(folder / "whole.coco"));
}

TEST_CASE("the progress bar is for terminals: a file gets a line per epoch", "[trainer]") {
    const support::Folder folder;
    std::FILE* const out = std::fopen((folder / "log").c_str(), "w");
    REQUIRE(out != nullptr);
    const ProgressSink sink = progress_bar(out);
    sink({Progress::Kind::step, TrainingStage::behaviour, 1, 2, 5, 5});
    sink({Progress::Kind::evaluation, TrainingStage::behaviour, 1, 2, 5, 5});
    sink({Progress::Kind::epoch, TrainingStage::behaviour, 1, 2, 5, 5, 1.5, 0.25, true});
    std::fclose(out);
    CHECK(support::slurp(folder / "log") == "behaviour epoch 1/2  loss 1.5000  valid N@10 0.2500  best\n");
}

TEST_CASE("the kind of samples follows from the data where it is not given", "[trainer]") {
    const SmallShop shop(20);
    Trainer<Plain, Host> trainer(short_run(), shop.data.catalogue);
    CHECK(trainer.config().sampling.samples == Samples::by_data);
    data::Interactions longer;
    for (Id user = 0; user < 3; ++user) {
        std::vector<Id> list;
        for (Id i = 0; i < 60; ++i)
            list.push_back((user + i * 7) % static_cast<Id>(shop.data.catalogue.size()));
        longer.add(list);
    }
    CHECK(sampling::kind_for(longer, 50) == Samples::positions);
    CHECK(sampling::kind_for(shop.split.train, 50) == Samples::prefixes);
    trainer.fit(longer, {}, [](const Progress&) { return false; });
    CHECK(trainer.config().sampling.samples == Samples::positions);
    CHECK(trainer.model().builder.sampling().samples == Samples::positions);
}
