// SPDX-License-Identifier: Apache-2.0
// Forward and backward of each backbone on one batch: 256 histories of 8 items out of 12,101, width 64, for
// FDSA three features with 1, 4 and 10 values an item. Without items' vectors and loss, which are the same
// for all (an epoch is not: BSARec is trained on prefixes, BERT4Rec on masked rows). S3-Rec is SASRec but in
// pre-training. Operations are those of the products with weights. One thread.
#include <memory>
#include <vector>

#include <coco/backbone/bert4rec.hpp>
#include <coco/backbone/bsarec.hpp>
#include <coco/backbone/fdsa.hpp>
#include <coco/backbone/pinnerformer.hpp>
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
    // Forward, and two products backward, for each row and weight.
    double weights = 0;
    for (const Tensor& t : layout.tensors())
        if (t.ref.rows > 1 && t.name.ends_with(".weight")) weights += static_cast<double>(t.ref.size());
    const double rows = static_cast<double>(users * length);
    Meter(state, on, one_step).flop(6 * rows * weights, on).each("us_per_row", rows);
}

}  // namespace

BENCHMARK_TEMPLATE(backbone_step, backbone::SASRec)->Unit(benchmark::kMillisecond)->UseManualTime();
BENCHMARK_TEMPLATE(backbone_step, backbone::BSARec)->Unit(benchmark::kMillisecond)->UseManualTime();
BENCHMARK_TEMPLATE(backbone_step, backbone::BERT4Rec)->Unit(benchmark::kMillisecond)->UseManualTime();
BENCHMARK_TEMPLATE(backbone_step, backbone::FDSA)->Unit(benchmark::kMillisecond)->UseManualTime();
BENCHMARK_TEMPLATE(backbone_step, backbone::PinnerFormer)->Unit(benchmark::kMillisecond)->UseManualTime();
