// SPDX-License-Identifier: Apache-2.0
// Forward and backward of FDSA beside SASRec's on one batch: 256 histories of 8 items out of 12,101, width
// 64, three features with 1, 4 and 10 values an item. Without items' vectors and loss, which are the same for
// both. One thread.
#include <memory>
#include <vector>

#include <coco/backbone/fdsa.hpp>
#include <coco/backbone/sasrec.hpp>
#include <coco/nn/elementwise.hpp>
#include <coco/nn/parameters.hpp>
#include <coco/pipeline/batch.hpp>
#include <coco/sampling/batch_builder.hpp>

#include "meter.hpp"

using namespace coco;

namespace {

using P = PolicyUnderTest;
constexpr Index items = 12101, users = 256, length = 8;

/// Bags of `size` values of each item.
std::shared_ptr<const nn::Bags> field(Index values, int size) {
    RandomStream random(static_cast<std::uint64_t>(size));
    std::vector<std::vector<Id>> bags(static_cast<std::size_t>(items));
    for (auto& bag : bags)
        for (int v = 0; v < size; ++v)
            bag.push_back(static_cast<Id>(random.below(static_cast<std::uint32_t>(values))));
    return std::make_shared<const nn::Bags>(bags, values);
}

template <class B>
typename B::Config config() {
    typename B::Config config;
    if constexpr (std::is_same_v<B, backbone::FDSA>) {
        config.features = {field(2000, 1), field(600, 4), field(10000, 10)};
        config.texts = backbone::digest_of(config.features);
    }
    return config;
}

template <class B>
void backbone_step(benchmark::State& state) {
    P on(here(1));
    ParameterLayout layout;
    const typename B::Config settings = config<B>();
    const B model(layout, settings);
    Parameters<P> values(on, layout, 1);
    Gradients<P> gradients(on, layout);
    Workspace<P> work(on);
    data::Interactions train;
    RandomStream random(7);
    std::vector<Id> sequence(static_cast<std::size_t>(length + 1));
    std::vector<sampling::Sample> samples;
    for (Index u = 0; u < users; ++u) {
        for (Id& item : sequence) item = static_cast<Id>(random.below(static_cast<std::uint32_t>(items)));
        train.add(sequence);
        samples.push_back({static_cast<Id>(u), 0, length, 0});
    }
    HostBatch host;
    BatchBuilder(Sampling{}, items).behaviour(host, train, samples, nullptr, 1, 1);
    std::uint32_t step = 0;
    const auto one_step = [&] {
        work.reset();
        Context<P> ctx = values.context(on, work);
        gradients.attach(ctx);
        ctx.training = true;
        ctx.step = ++step;
        const Batch<P> batch = upload(ctx, host);
        const Index rows = batch.sequence.item.size, width = settings.width();
        const Rows<P> x = work.keep(rows, width), dh = work.keep(rows, width), dx = work.keep(rows, width);
        nn::fill<P>(on, x, 0.1f);
        nn::fill<P>(on, dh, 0.1f);
        const auto saved = model.forward(ctx, batch.sequence, CRows<P>(x));
        model.backward(ctx, batch.sequence, saved, CRows<P>(dh), dx);
    };
    Meter(state, on, one_step).each("us_per_row", static_cast<double>(users * length));
}

}  // namespace

BENCHMARK_TEMPLATE(backbone_step, backbone::SASRec)->Unit(benchmark::kMillisecond)->UseManualTime();
BENCHMARK_TEMPLATE(backbone_step, backbone::FDSA)->Unit(benchmark::kMillisecond)->UseManualTime();
