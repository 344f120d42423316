// SPDX-License-Identifier: Apache-2.0
// Whole trainings by LazyAdam beside AdamW's, on the host and on the device.
#include <catch2/catch.hpp>

#include <memory>
#include <tuple>
#include <vector>

#include <coco/backbone/sasrec.hpp>
#include <coco/loss/info_nce.hpp>
#include <coco/loss/sampled_softmax.hpp>
#include <coco/train/lazy_adam.hpp>

#include "conformance/numbers.hpp"
#include "conformance/policy_under_test.hpp"
#include "small_shop.hpp"

using namespace coco;
using P = conformance::PolicyUnderTest<float>;
using test::SmallShop;

namespace {

std::shared_ptr<P> on() { return std::shared_ptr<P>(new P(conformance::policy<P>(2))); }

using Few =
    SequentialRecommender<backbone::SASRec, items::Table,
                          Objectives<loss::SampledSoftmax, loss::InfoNce, loss::Bce, loss::CrossEntropy>>;
template <class O>
using Config = TrainConfig<Few, typename O::Config>;

template <class O>
Config<O> config_of(const char* objective) {
    Config<O> c;
    c.model.behaviour.backbone.encoder.width = 16;
    c.model.behaviour.backbone.encoder.hidden = 32;
    c.model.behaviour.backbone.encoder.layers = 1;
    c.model.loss.objective = objective;
    std::get<0>(c.model.objectives.of).negatives = 20;
    c.optimizer.clip = 0;
    c.schedule.batch.samples = 64;
    c.schedule.epochs = 2;
    c.schedule.joint_epochs = 0;
    return c;
}

/// All trained values after a run that `steps` ends.
template <class O>
std::vector<float> values_after(const SmallShop& shop, const Config<O>& config, Index steps) {
    Trainer<Few, P, O> trainer(config, shop.data.catalogue, on());
    Index done = 0;
    trainer.fit(shop.split.train, shop.split.valid,
                [&](const Progress& p) { return p.kind != Progress::Kind::step || ++done < steps; });
    std::vector<float> all;
    trainer.for_each_block([&](std::string_view section, ParameterBlock, auto list) {
        if (section != "values") return;
        const std::size_t before = all.size();
        all.resize(before + static_cast<std::size_t>(list.size));
        trainer.model().on->download(List<const float, typename P::Space>(list), all.data() + before);
    });
    return all;
}

}  // namespace

TEST_CASE("LazyAdam: a first step is AdamW's, later ones are not, but where every row is touched",
          "[lazy_adam]") {
    const SmallShop shop;
    for (const char* const objective : {loss::SampledSoftmax::name, loss::InfoNce::name, loss::Bce::name}) {
        const auto dense = values_after<AdamW<P>>(shop, config_of<AdamW<P>>(objective), 1),
                   lazy = values_after<LazyAdam<P>>(shop, config_of<LazyAdam<P>>(objective), 1);
        CHECK(dense == lazy);
        CHECK(values_after<AdamW<P>>(shop, config_of<AdamW<P>>(objective), 4) !=
              values_after<LazyAdam<P>>(shop, config_of<LazyAdam<P>>(objective), 4));
    }
    // Over the whole catalogue every row is touched.
    CHECK(values_after<AdamW<P>>(shop, config_of<AdamW<P>>(loss::CrossEntropy::name), 5) ==
          values_after<LazyAdam<P>>(shop, config_of<LazyAdam<P>>(loss::CrossEntropy::name), 5));
}

TEST_CASE("LazyAdam: sampled losses learn", "[lazy_adam]") {
    const SmallShop shop;
    for (const char* const objective : {loss::SampledSoftmax::name, loss::InfoNce::name})
        for (const Samples samples : {Samples::prefixes, Samples::positions}) {
            auto config = config_of<LazyAdam<P>>(objective);
            config.sampling.samples = samples;
            config.schedule.epochs = 12;
            config.schedule.rate = 1e-2;
            Trainer<Few, P, LazyAdam<P>> trainer(config, shop.data.catalogue, on());
            std::vector<double> losses;
            trainer.fit(shop.split.train, shop.split.valid, [&](const Progress& p) {
                if (p.kind == Progress::Kind::epoch) losses.push_back(p.loss);
                return true;
            });
            REQUIRE(losses.size() >= 4);
            CHECK(losses.back() < 0.95 * losses.front());
        }
}
