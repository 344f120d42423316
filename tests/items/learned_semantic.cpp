// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <cmath>
#include <memory>

#include <coco/backbone/sasrec.hpp>
#include <coco/items/learned_semantic.hpp>
#include <coco/pipeline/sequential_recommender.hpp>
#include <coco/sampling/batch_builder.hpp>

#include "conformance/model.hpp"
#include "conformance/policy_under_test.hpp"

using namespace coco;
using P = conformance::PolicyUnderTest<double>;
using Shop = SequentialRecommender<backbone::SASRec, items::LearnedSemantic>;

namespace {

constexpr Index item_count = 9, columns = 3;

items::LearnedSemantic::Config learned(Index items = item_count) {
    items::LearnedSemantic::Config config;
    config.columns = columns;
    config.vocabulary = 4;
    config.kappa = [](std::span<float> to) {
        RandomStream random(4);
        for (std::size_t i = 0; i < to.size(); ++i)
            // The last item has no text.
            to[i] = i + columns < to.size() ? static_cast<float>(random.normal()) : 0.0f;
    };
    std::vector<std::vector<Id>> bags;
    for (Id i = 0; i + 1 < static_cast<Id>(items); ++i)
        bags.push_back(i % 4 == 3 ? std::vector<Id>{}
                                  : std::vector<Id>{i % 4, static_cast<Id>(i * 3 % 4), 2});
    bags.push_back({});
    config.words = std::make_shared<const nn::Bags>(bags, 4);
    return config;
}

Shop::Config shop_config() {
    Shop::Config config;
    config.behaviour.items = learned();
    auto& encoder = config.behaviour.backbone.encoder;
    encoder.width = encoder.hidden = 4;
    encoder.layers = 1;
    config.behaviour.backbone.window = 6;
    config.channel.on = true;
    return config;
}

/// The model with random values everywhere, and a step of its columns' stage.
struct Bench {
    P on = conformance::policy<P>(2);
    Workspace<P> work{on};
    Shop model;
    Parameters<P> values;
    Gradients<P> gradients;
    Block<double, P> metrics{on, StepMetrics::entries};
    HostBatch batch;

    explicit Bench(const Shop::Config& config, bool positions = false, bool masked = false)
        : model(config, item_count), values(on, model.layout(), 3), gradients(on, model.layout()) {
        RandomStream random(11);
        for (const Tensor& t : model.layout().tensors()) {
            if (t.ref.block == ParameterBlock::frozen) continue;
            std::vector<double> x(static_cast<std::size_t>(t.ref.size()));
            for (double& v : x) v = 0.5 * random.normal();
            on.upload(x.data(), values.list(t.ref));
        }
        Sampling sampling;
        sampling.window = 6;
        const BatchBuilder builder(sampling, item_count);
        data::Interactions train;
        for (const std::vector<Id>& h : std::vector<std::vector<Id>>{{0, 3, 5, 8}, {2, 2, 1}, {7, 4}})
            train.add(h);
        const auto samples = positions ? sampling::every_position(train, 6) : sampling::newest(train, 6);
        builder.behaviour(batch, train, samples, nullptr, 1, 0);
        if (!masked) return;
        // Rows without an item: at the beginning, within and at the end of a history.
        batch.item[0] = batch.item[2] = batch.item.back() = no_id;
        batch.finish(item_count, 6);
    }

    double step() {
        gradients.zero(on);
        on.fill(metrics.list(), 0);
        Context<P> ctx = values.context(on, work);
        gradients.attach(ctx);
        ctx.training = true;
        model.step(ctx, upload(ctx, batch), TrainingStage::columns, metrics.data());
        work.reset();
        std::vector<double> sums(static_cast<std::size_t>(StepMetrics::entries));
        on.download(std::as_const(metrics).list(), sums.data());
        return sums[StepMetrics::rec];
    }
};

}  // namespace

TEST_CASE("learned semantic items: their model passes the conformance test of models", "[items]") {
    auto config = shop_config();
    config.behaviour.items = learned(20);
    conformance::model<Shop>(config);
}

TEST_CASE("learned semantic items: gradient of the columns' stage", "[items]") {
    for (const auto& [positions, masked] : {std::pair(false, false), {true, false}, {true, true}})
        for (const double decay : {0.6, 0.0, 1.0}) {
            auto config = shop_config();
            config.channel.decay = decay;
            Bench bench(config, positions, masked);
            bench.step();
            for (const Tensor& t : bench.model.layout().tensors()) {
                if (t.ref.block == ParameterBlock::frozen) continue;
                const auto download = [&](CRows<P> view) {
                    return conformance::downloaded<P>(bench.on, view);
                };
                bench.step();
                const conformance::Numbers gradient = download(bench.gradients.view(t.ref)),
                                           value = download(std::as_const(bench.values).view(t.ref));
                const bool learns = t.name.find("item_word") == 0 || t.name.find("item_columns") == 0 ||
                                    t.name == "channel.lambda";
                INFO(t.name << " decay " << decay);
                if (!learns) {
                    CHECK(conformance::length(gradient) == 0);
                    continue;
                }
                CHECK(conformance::length(gradient) > 1e-6);
                conformance::gradient_agrees(t.name, value, gradient, [&](const conformance::Numbers& x) {
                    bench.on.upload(x.data(), bench.values.list(t.ref));
                    return bench.step();
                });
                bench.on.upload(value.data(), bench.values.list(t.ref));
            }
        }
}

TEST_CASE("learned semantic items: words or columns that do not fit are errors", "[items]") {
    ParameterLayout layout;
    auto config = learned();
    config.vocabulary = 5;
    CHECK_THROWS_WITH(items::LearnedSemantic(layout, config, item_count, 4),
                      "items::LearnedSemantic: the words are not these items': expected 9 bags of a "
                      "vocabulary of 5, found 9 bags of 4");
    config.words = nullptr;
    CHECK_THROWS_WITH(items::LearnedSemantic(layout, config, item_count, 4), Catch::Contains("found none"));
    config.kappa = nullptr;
    CHECK_THROWS_WITH(items::LearnedSemantic(layout, config, item_count, 4),
                      Catch::Contains("no semantic columns"));
}
