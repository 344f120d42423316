// SPDX-License-Identifier: Apache-2.0
// One joint step of the whole pipeline, optimiser included: 16 users, up to 4 targets each, 12,101 items, 64
// tokens of text, the first 8 layers of SmolLM2's shape with random weights.
#include <string>

#include <coco/coco.hpp>

#include "llm.hpp"
#include "meter.hpp"

using namespace coco;

namespace {

using Shop = Pipeline<backbone::SASRec>;

void coco_step(benchmark::State& state, Index layers, Index tokens) {
    constexpr Index items = 12101, users = 64;
    RandomStream random(3);
    data::Catalogue catalogue;
    for (Index i = 0; i < items; ++i) catalogue.add(std::to_string(i), {"some words", "", "", "", ""});
    data::Interactions train;
    std::vector<Id> sequence(12);
    for (Index u = 0; u < users; ++u) {
        for (Id& item : sequence) item = static_cast<Id>(random.below(items));
        train.add(sequence);
    }
    llm::TextModel language;
    language.source = llm::random_source(llm::smollm2_135m(), 1);
    language.source.config.depth = layers;
    // Twelve tokens per item: with 12 items the budget is always full.
    language.encode = [](std::string_view text) {
        std::vector<Id> ids(12);
        for (std::size_t i = 0; i < ids.size(); ++i)
            ids[i] = static_cast<Id>((text.size() * 131 + i * 7919) % 49152);
        return ids;
    };
    TrainConfig<Shop> config;
    config.words = {"instruction", "", "", ""};
    config.sampling.budget.tokens = tokens;
    config.schedule.epochs = 0;
    config.schedule.joint_epochs = 1000000;
    config.schedule.joint_patience = 1000000;
    const auto on = std::make_shared<PolicyUnderTest>(here());
    Trainer<Shop, PolicyUnderTest> trainer(config, catalogue, language, on);
    const auto one_epoch = [&] {
        trainer.fit(train, {}, [](const Progress& p) { return p.kind != Progress::Kind::epoch; });
    };
    const double steps = users / 16;
    Meter(state, *on, one_epoch)
        .each("us_per_step", steps)
        .rate("tokens/s", static_cast<double>(users * tokens));
}

}  // namespace

// The slash is part of the name, not a division.
// clang-format off
BENCHMARK_CAPTURE(coco_step, smollm2_shape/8_layers/64_tokens, 8, 64)
    ->Unit(benchmark::kMillisecond)
    ->UseManualTime();
BENCHMARK_CAPTURE(coco_step, smollm2_shape/4_layers/32_tokens, 4, 32)
    ->Unit(benchmark::kMillisecond)
    ->UseManualTime();
// clang-format on
