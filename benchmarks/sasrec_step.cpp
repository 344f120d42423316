// SPDX-License-Identifier: Apache-2.0
// A complete epoch of SASRec on histories as long as Beauty's: building batches, dropout, the loss over (or a
// negative from) 12,101 items, clipping, AdamW of the item table. Items are drawn at random, which does not
// change the time. 128 users per step, every position of a window of 50.
#include <fstream>
#include <string>

#include <coco/backbone/sasrec.hpp>
#include <coco/train/trainer.hpp>

#include "meter.hpp"

using namespace coco;

namespace {

constexpr Index items = 12101;

/// Users with history lengths as in beauty_lengths.txt (each line: a length and the number of users with it).
data::Interactions beauty_like() {
    std::ifstream lengths(std::string(COCO_BENCHMARK_DIR) + "/beauty_lengths.txt");
    data::Interactions train;
    RandomStream random(7);
    std::vector<Id> sequence;
    for (Index inputs = 0, users = 0; lengths >> inputs >> users;)
        for (Index u = 0; u < users; ++u) {
            sequence.clear();
            // Of a longer history only the latest window, as the PyTorch program trains it.
            for (Index i = 0; i <= std::min<Index>(inputs, 50); ++i)
                sequence.push_back(static_cast<Id>(random.below(static_cast<std::uint32_t>(items))));
            train.add(sequence);
        }
    return train;
}

data::Catalogue catalogue() {
    data::Catalogue all;
    for (Index i = 0; i < items; ++i) all.add(std::to_string(i));
    return all;
}

void sasrec_step(benchmark::State& state, const char* loss, int threads) {
    using Model = SequentialRecommender<backbone::SASRec>;
    TrainConfig<Model> config;
    config.model.loss.objective = loss;
    config.sampling.samples = Samples::positions;
    config.schedule.batch.samples = 128;
    config.schedule.epochs = 1000000;
    config.schedule.patience = 1000000;
    const data::Interactions train = beauty_like();
    const auto on = std::make_shared<PolicyUnderTest>(here(threads));
    Trainer<Model, PolicyUnderTest> trainer(config, catalogue(), on);
    const auto one_epoch = [&] {
        trainer.fit(train, {}, [](const Progress& p) { return p.kind != Progress::Kind::epoch; });
    };
    const double targets = static_cast<double>(train.size() - train.users());
    // Encoder: 12 d^2 weights per layer, without attention; softmax: h V', G V, G' h.
    const double encoder = 6.0 * 2 * 12 * 64 * 64, softmax = 6.0 * 64 * items, sampled = 6.0 * 64 * 2;
    Meter(state, *on, one_epoch)
        .flop(targets * (encoder + (loss == std::string_view(loss::Bce::name) ? sampled : softmax)), *on)
        .each("us_per_target", targets);
}

}  // namespace

// The slash is part of the name, not a division.
// clang-format off
BENCHMARK_CAPTURE(sasrec_step, beauty_like/ce, loss::CrossEntropy::name, 0)
    ->Unit(benchmark::kMillisecond)
    ->UseManualTime();
BENCHMARK_CAPTURE(sasrec_step, beauty_like/bce, loss::Bce::name, 0)
    ->Unit(benchmark::kMillisecond)
    ->UseManualTime();
BENCHMARK_CAPTURE(sasrec_step, beauty_like/ce/one_thread, loss::CrossEntropy::name, 1)
    ->Unit(benchmark::kMillisecond)
    ->UseManualTime();
// clang-format on
