// SPDX-License-Identifier: Apache-2.0
// The trainer: it learns, stops early, restores the best epoch, and allocates nothing after warm-up.
#include <catch2/catch.hpp>
#include <cstdio>

#include <coco/host/host.hpp>
#include <coco/loss/info_nce.hpp>
#include <coco/loss/sampled_softmax.hpp>
#include <coco/train/lazy_adam.hpp>

#include "conformance/allocations.hpp"
#include "small_shop.hpp"

using namespace coco;
using test::Plain;
using test::Shop;
using test::SmallShop;

namespace {

/// Allocations between the first step of the second epoch of each training stage and the end of that epoch,
/// evaluation included.
template <class Trainer>
std::int64_t allocations_in_second_epochs(Trainer& trainer, const SmallShop& shop) {
    std::int64_t taken = 0;
    std::optional<conformance::Allocations> counter;
    trainer.fit(shop.split.train, shop.split.valid, [&](const Progress& p) {
        if (p.epoch == 2 && p.kind == Progress::Kind::step && p.done == 1) counter.emplace();
        if (p.epoch == 2 && p.kind == Progress::Kind::epoch) {
            taken += counter->count();
            counter.reset();
        }
        return true;
    });
    return taken;
}

}  // namespace

TEST_CASE("nothing is allocated in an epoch and its evaluation", "[trainer]") {
    if (!conformance::Allocations::counted) {
        std::puts("SKIPPED: allocations cannot be counted under this sanitizer");
        return;
    }
    const SmallShop shop;
    SECTION("behaviour alone, both losses and both ways to sample") {
        for (const char* const loss : {loss::CrossEntropy::name, loss::Bce::name})
            for (const Samples samples : {Samples::prefixes, Samples::positions}) {
                auto config = test::small_config<Plain>();
                config.model.loss.objective = loss;
                config.sampling.samples = samples;
                Trainer<Plain, Host> trainer(config, shop.data.catalogue, std::make_shared<Host>(2));
                CHECK(allocations_in_second_epochs(trainer, shop) == 0);
            }
    }
    SECTION("negatives that a batch shares, and touched rows") {
        using Few = SequentialRecommender<backbone::SASRec, items::Table,
                                          Objectives<loss::SampledSoftmax, loss::InfoNce>>;
        for (const char* const loss : {loss::SampledSoftmax::name, loss::InfoNce::name})
            for (const Samples samples : {Samples::prefixes, Samples::positions}) {
                auto config = test::small_config<Few>();
                config.model.loss.objective = loss;
                config.sampling.samples = samples;
                Trainer<Few, Host, LazyAdam<Host>> trainer(config, shop.data.catalogue,
                                                           std::make_shared<Host>(2));
                CHECK(allocations_in_second_epochs(trainer, shop) == 0);
            }
    }
    SECTION("the joint step") {
        for (const Samples samples : {Samples::prefixes, Samples::positions}) {
            auto config = test::small_config<Shop>();
            config.sampling.samples = samples;
            Trainer<Shop, Host> trainer(config, shop.data.catalogue, shop.language,
                                        std::make_shared<Host>(2));
            CHECK(allocations_in_second_epochs(trainer, shop) == 0);
        }
    }
}

TEST_CASE("training learns, stops early and restores the best epoch", "[trainer]") {
    const SmallShop shop;
    auto config = test::small_config<Plain>();
    config.schedule.epochs = 60;
    config.schedule.patience = 3;
    config.schedule.rate = 1e-2;
    config.schedule.joint_epochs = 0;
    Trainer<Plain, Host> trainer(config, shop.data.catalogue);
    std::vector<double> losses, scores;
    REQUIRE(trainer.fit(shop.split.train, shop.split.valid, [&](const Progress& p) {
        if (p.kind == Progress::Kind::epoch) {
            losses.push_back(p.loss);
            scores.push_back(p.valid);
        }
        return true;
    }));
    REQUIRE(losses.size() >= 4);
    CHECK(losses.back() < 0.9 * losses.front());
    const auto best = std::max_element(scores.begin(), scores.end());
    CHECK(trainer.state().best[0].epoch == best - scores.begin() + 1);
    CHECK((static_cast<Index>(losses.size()) == 60 || scores.end() - best == 4));
    // The model has the weights of the best epoch.
    CHECK(evaluate(trainer.model(), shop.split.valid).ndcg(10) == *best);
    CHECK(trainer.state().finished);
}

TEST_CASE("SequentialRecommender trains on for the joint epochs with the pipeline's targets and rates",
          "[trainer]") {
    const SmallShop shop;
    Index pipeline = 0, base = 0;
    {
        Trainer<Shop, Host> trainer(test::small_config<Shop>(), shop.data.catalogue, shop.language);
        trainer.fit(shop.split.train, shop.split.valid);
        pipeline = trainer.state().diagnostics.targets;
    }
    {
        Trainer<Plain, Host> trainer(test::small_config<Plain>(), shop.data.catalogue);
        trainer.fit(shop.split.train, shop.split.valid);
        base = trainer.state().diagnostics.targets;
    }
    CHECK(base > 0);
    CHECK(base == pipeline);
}

TEST_CASE("settings out of range are errors that name the setting", "[trainer]") {
    const SmallShop shop(20);
    auto config = test::small_config<Plain>();
    SECTION("rate") {
        config.schedule.rate = 0;
        CHECK_THROWS_WITH((Trainer<Plain, Host>(config, shop.data.catalogue)), Catch::Contains("rate"));
    }
    SECTION("window") {
        config.sampling.window = 51;
        CHECK_THROWS_WITH((Trainer<Plain, Host>(config, shop.data.catalogue)),
                          Catch::Contains("sampling.window"));
    }
    SECTION("heads") {
        config.model.behaviour.backbone.encoder.heads = 3;
        CHECK_THROWS_WITH((Trainer<Plain, Host>(config, shop.data.catalogue)), Catch::Contains("heads"));
    }
    SECTION("an empty catalogue") {
        CHECK_THROWS_WITH((Trainer<Plain, Host>(config, data::Catalogue())),
                          Catch::Contains("empty catalogue"));
    }
}
