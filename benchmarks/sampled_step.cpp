// SPDX-License-Identifier: Apache-2.0
// One step of SASRec over 256 negatives that a batch shares, by LazyAdam, on catalogues of 10,000 to
// 10,000,000 items: 256 histories of 8 items, every position predicted. What the step costs must not depend
// on the catalogue, but for the memory that rows far apart are read from. `adamw` passes over the
// whole table.
#include <cstdint>
#include <utility>
#include <vector>

#include <coco/backbone/sasrec.hpp>
#include <coco/loss/sampled_softmax.hpp>
#include <coco/sampling/batch_builder.hpp>
#include <coco/sampling/shared_negatives.hpp>
#include <coco/train/lazy_adam.hpp>
#include <coco/train/trainer.hpp>
#include <coco/train/update.hpp>

#include "meter.hpp"

using namespace coco;

namespace {

using Model = SequentialRecommender<backbone::SASRec, items::Table, Objectives<loss::SampledSoftmax>>;
using P = PolicyUnderTest;

constexpr Index users = 4096, length = 9, batch = 256;

data::Interactions histories(Index items) {
    data::Interactions train;
    RandomStream random(7);
    std::vector<Id> sequence(static_cast<std::size_t>(length));
    for (Index u = 0; u < users; ++u) {
        for (Id& item : sequence) item = static_cast<Id>(random.below(static_cast<std::uint32_t>(items)));
        train.add(sequence);
    }
    return train;
}

template <class O>
void sampled_step(benchmark::State& state) {
    const Index items = state.range(0);
    P on(here(0));
    Model::Config config;
    const Model model(config, items);
    Parameters<P> values(on, model.layout(), 1);
    Update<P, O> update(on, model.layout(), {}, model::touches_few(model));
    Block<typename P::Scalar, P> metrics(on, StepMetrics::entries);
    Workspace<P> work(on);
    const data::Interactions train = histories(items);
    const BatchBuilder builder(Sampling{}, items);
    const sampling::SharedNegatives negatives(model::shared_draw(model), train, items);
    StageSettings stage;
    HostBatch host;
    std::vector<sampling::Sample> samples;
    Index step = 0;
    const auto one_step = [&] {
        samples.clear();
        for (Index i = 0; i < batch; ++i)
            samples.push_back({static_cast<Id>((step * batch + i) % users), 0, length - 1, 0});
        const auto at = static_cast<std::uint64_t>(step);
        builder.behaviour(host, train, samples, nullptr, 1, at);
        negatives(host, 1, at);
        update.zero(on, host);
        Context<P> ctx = values.context(on, work);
        update.gradients().attach(ctx);
        ctx.training = true;
        ctx.step = static_cast<std::uint32_t>(step);
        const StepReport report =
            model.step(ctx, upload(ctx, host), TrainingStage::behaviour, metrics.data());
        work.reset();
        ++step;
        update(on, values, stage, step, report, std::as_const(metrics).list(), step);
    };
    Meter(state, on, one_step).each("us_per_target", static_cast<double>(batch * (length - 1)));
}

}  // namespace

// The slash is part of the name, not a division.
// clang-format off
BENCHMARK_TEMPLATE(sampled_step, LazyAdam<P>)
    ->Name("sampled_step/lazy_adam")
    ->RangeMultiplier(10)
    ->Range(10000, 10000000)
    ->Unit(benchmark::kMillisecond)
    ->UseManualTime();
BENCHMARK_TEMPLATE(sampled_step, AdamW<P>)
    ->Name("sampled_step/adamw")
    ->RangeMultiplier(10)
    ->Range(10000, 1000000)
    ->Unit(benchmark::kMillisecond)
    ->UseManualTime();
// clang-format on
