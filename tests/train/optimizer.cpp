// SPDX-License-Identifier: Apache-2.0
// A trainer with another optimiser than AdamW: conformance of both, resumed runs, and what is refused.
#include <catch2/catch.hpp>
#include <filesystem>
#include <string>

#include <coco/eval/evaluate.hpp>
#include <coco/host/host.hpp>
#include <coco/serve/load.hpp>
#include <coco/train/checkpoint.hpp>

#include "conformance/optimizer.hpp"
#include "io/support.hpp"
#include "lion.hpp"
#include "small_shop.hpp"

using namespace coco;
using test::Lion;
using test::Plain;
using test::SmallShop;

namespace {

using Config = TrainConfig<Plain, Lion<Host>::Config>;

Config own_config() {
    const TrainConfig<Plain> small = test::small_config<Plain>();
    Config config{small.model, small.sampling, small.schedule, {}, small.words};
    config.optimizer.beta2 = 0.98;
    config.schedule.rate = 3e-4;
    config.schedule.joint_epochs = 0;
    return config;
}

}  // namespace

TEST_CASE("optimiser: AdamW and an own one conform", "[optimizer]") {
    conformance::optimizer<AdamW>({.decay = 0.1});
    conformance::optimizer<Lion>();
}

TEST_CASE("optimiser: a run by an own one that is stopped and resumed gives the same file", "[optimizer]") {
    const SmallShop shop;
    const support::Folder folder;
    const std::filesystem::path whole = folder / "whole.coco", parts = folder / "parts.coco";
    const auto on = std::make_shared<Host>(1);
    Trainer<Plain, Host, Lion<Host>> one(own_config(), shop.data.catalogue, on),
        first(own_config(), shop.data.catalogue, on), second(own_config(), shop.data.catalogue, on);
    CHECK(one.fit(shop.split.train, shop.split.valid));
    save(whole, one);
    CHECK_FALSE(first.fit(shop.split.train, shop.split.valid,
                          [&](const Progress&) { return first.state().step < 5; }));
    save(parts, first);
    resume(parts, second);
    CHECK(second.fit(shop.split.train, shop.split.valid));
    save(parts, second);
    CHECK(support::slurp(whole) == support::slurp(parts));

    // A loader need not know the optimiser; to go on, a trainer must have the same one.
    const auto model = load<Plain, Host>(whole, on);
    CHECK(evaluate(model, shop.split.test).ndcg(10) == evaluate(one.model(), shop.split.test).ndcg(10));
    Trainer<Plain, Host> adamw(test::small_config<Plain>(), shop.data.catalogue, on);
    CHECK_THROWS_WITH(resume(whole, adamw), Catch::Contains("optimizer: made by another optimiser") &&
                                                Catch::Contains("adamw") && Catch::Contains("lion"));
    save(parts, adamw);
    CHECK_THROWS_WITH(resume(parts, second), Catch::Contains("made by another optimiser"));
}

TEST_CASE("optimiser: settings of an own one are checked", "[optimizer]") {
    const SmallShop shop;
    Config config = own_config();
    config.optimizer.beta1 = 1.5;
    CHECK_THROWS_WITH((Trainer<Plain, Host, Lion<Host>>(config, shop.data.catalogue)),
                      Catch::Contains("optimizer.beta1"));
}
