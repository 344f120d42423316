// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <algorithm>
#include <utility>
#include <vector>

#include <coco/backbone/pinnerformer.hpp>
#include <coco/items/semantic.hpp>
#include <coco/items/tower.hpp>
#include <coco/loss/sampled_softmax.hpp>
#include <coco/pipeline/sequential_recommender.hpp>
#include <coco/train/lazy_adam.hpp>
#include <coco/train/update.hpp>

#include "conformance/items.hpp"
#include "conformance/model.hpp"
#include "conformance/policy_under_test.hpp"

using namespace coco;
using P = conformance::PolicyUnderTest<double>;
using Shop = SequentialRecommender<backbone::PinnerFormer, items::Tower, Objectives<loss::SampledSoftmax>>;

namespace {

Shop::Config small() {
    Shop::Config config;
    auto& backbone = config.behaviour.backbone;
    backbone.encoder.width = 6;
    backbone.encoder.hidden = backbone.output_hidden = 5;
    backbone.encoder.layers = 1;
    backbone.encoder.epsilon = 1e-5;
    backbone.window = 6;
    config.behaviour.items.hidden = 7;
    auto& sampled = std::get<0>(config.objectives.of);
    sampled.negatives = 4;
    sampled.log_q = loss::LogQ::all;
    return config;
}

/// All tensors, in the layout's order, after one step of an optimiser on a batch.
template <class O>
std::vector<conformance::Numbers> after_a_step() {
    conformance::ModelTrial<Shop> trial(small());
    HostBatch batch = trial.batch(Samples::prefixes);
    typename O::Config config;
    config.clip = 0;  // its sum over touched rows has an order of its own
    Update<P, O> update(trial.on, trial.model.layout(), config, model::touches_few(trial.model));
    update.zero(trial.on, batch);
    Context<P> ctx = trial.parameters.context(trial.on, trial.work);
    update.gradients().attach(ctx);
    ctx.training = true;
    const StepReport report =
        trial.model.step(ctx, upload(ctx, batch), TrainingStage::behaviour, trial.metrics.data());
    update(trial.on, trial.parameters, {}, 1, report, std::as_const(trial.metrics).list(), 1);
    std::vector<conformance::Numbers> all;
    for (const Tensor& t : trial.model.layout().tensors())
        all.push_back(conformance::downloaded<P>(trial.on, std::as_const(trial.parameters).view(t.ref)));
    return all;
}

}  // namespace

TEST_CASE("items::Tower passes the conformance test of items", "[items]") {
    items::Tower::Config config;
    config.hidden = 6;
    conformance::items<items::Tower>(config);
    conformance::items<items::Tower>(config, 700, 16);
}

TEST_CASE("a tower over semantic items passes it too, with their map and without, and keeps their columns",
          "[items]") {
    using Tower = items::TowerOver<items::Semantic>;
    static_assert(items::HasSemanticColumns<Tower> && items::HasPopularity<Tower> && !items::by_row<Tower>);
    Tower::Config config;
    config.hidden = 6;
    config.columns = 3;
    config.kappa = [](std::span<float> out) {
        for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<float>(i % 7) - 3;
    };
    conformance::items<Tower>(config);
    config.map = false;
    conformance::items<Tower>(config);

    config.popularity = [](std::span<float> out) { std::fill(out.begin(), out.end(), 0.5f); };
    ParameterLayout layout;
    const Tower items(layout, config, 9, 5);
    CHECK(items.columns() == 3);
    CHECK(items.has_popularity());
    P on = conformance::policy<P>(1);
    Workspace<P> work(on);
    const Parameters<P> parameters(on, layout, 5);
    Context<P> ctx = parameters.context(on, work);
    const auto saved = items.forward(ctx);
    CHECK(saved.kappa.rows == 9);
    CHECK(saved.popularity.cols == 1);
    CHECK(saved.vectors.cols == 5);
}

TEST_CASE("a tower's vectors have length 1; without gradients none is kept for them", "[items]") {
    ParameterLayout layout;
    const items::Tower items(layout, {}, 30, 8);
    P on = conformance::policy<P>(1);
    Workspace<P> work(on);
    const Parameters<P> parameters(on, layout, 5);
    Context<P> ctx = parameters.context(on, work);
    const auto saved = items.forward(ctx);
    CHECK(saved.gradient.empty());
    const conformance::Numbers v = conformance::downloaded<P>(on, saved.vectors);
    for (std::size_t i = 0; i < 30; ++i) {
        double square = 0;
        for (std::size_t j = 0; j < 8; ++j) square += v[i * 8 + j] * v[i * 8 + j];
        CHECK(square == Approx(1).epsilon(1e-12));
    }
}

TEST_CASE("PinnerFormer with a tower passes the conformance test of models", "[items]") {
    conformance::model<Shop>(small());
}

TEST_CASE("a tower's table is the one of its layout; rows that a step does not touch get no gradient",
          "[items]") {
    static_assert(Shop::items_by_row);
    conformance::ModelTrial<Shop> trial(small());
    HostBatch batch = trial.batch(Samples::prefixes);
    batch.touch();
    CHECK(batch.touched.size() < static_cast<std::size_t>(trial.items));
    trial.step(batch);
    const ParameterLayout& layout = trial.model.layout();
    CHECK(std::count_if(layout.tensors().begin(), layout.tensors().end(),
                        [](const Tensor& t) { return t.ref.block == ParameterBlock::table; }) == 1);
    const conformance::Numbers gradient =
        conformance::downloaded<P>(trial.on, trial.gradients.view(layout.tensor("item").ref));
    for (Id item = 0; item < static_cast<Id>(trial.items); ++item) {
        INFO("item " << item);
        const bool touched = std::count(batch.touched.begin(), batch.touched.end(), item) > 0;
        const auto first = gradient.begin() + item * 6;
        CHECK(std::all_of(first, first + 6, [&](double g) { return (g != 0) == touched; }));
    }
}

TEST_CASE("a tower's first step by LazyAdam is AdamW's, bit by bit", "[items]") {
    CHECK(after_a_step<LazyAdam<P>>() == after_a_step<AdamW<P>>());
}

TEST_CASE("a tower of vectors without direction is an error", "[items]") {
    Shop::Config config = small();
    config.behaviour.items.init = 0;
    CHECK_THROWS_WITH(Shop(config, 20),
                      "items.init: a row of zeros has no direction: expected more than 0, found 0");
    config = small();
    config.behaviour.items.hidden = 0;
    CHECK_THROWS_WITH(Shop(config, 20), "items.hidden: out of range: expected at least 1, found 0");
}
