// SPDX-License-Identifier: Apache-2.0
// An encoder-decoder over semantic ids: a training step (forward, backward, AdamW) of 64 pairs, 10 items of 4
// tokens each and the next item's 4, dropout .1; and a beam of 20 over the ids of 12,101 items for 64 users.
// Sizes of TIGER (Rajput et al., 2023), and a small model for few cores. Tokens are drawn at random, which
// does not change the time.
#include <coco/nn/parameters.hpp>
#include <coco/seq2seq/beam_scorer.hpp>

#include "meter.hpp"

using namespace coco;

namespace {

constexpr Index items = 12101, users = 64, history = 10, beam = 20;

quantize::SemanticIds drawn_ids() {
    const std::vector<Index> sizes{256, 256, 256};
    RandomStream random(5);
    std::vector<Id> codes;
    for (Index i = 0; i < 3 * items; ++i) codes.push_back(static_cast<Id>(random.below(256)));
    return {codes, sizes};
}

seq2seq::Config small() {
    return {.width = 64, .heads = 4, .head = 16, .hidden = 256, .encoder_layers = 2, .decoder_layers = 2};
}

struct Trial {
    using P = PolicyUnderTest;
    quantize::SemanticIds ids = drawn_ids();
    quantize::IdTrie trie{ids};
    ParameterLayout layout;
    seq2seq::EncoderDecoder model;
    P on;
    Workspace<P> work{on};
    Parameters<P> parameters{on, layout, 1};
    Gradients<P> gradients{on, layout}, first{on, layout}, second{on, layout};
    seq2seq::HostPairs pairs;

    Trial(const seq2seq::Config& config, int threads)
        : model(layout, config, ids.vocabulary()), on(here(threads)) {
        RandomStream random(9);
        std::vector<Id> source;
        const auto item = [&] { return static_cast<Id>(random.below(static_cast<std::uint32_t>(items))); };
        for (std::uint32_t u = 0; u < users; ++u) {
            source.clear();
            for (Index i = 0; i < history; ++i)
                for (const Id token : ids.tokens(item())) source.push_back(token);
            pairs.add(source, ids.tokens(item()), u);
        }
        pairs.finish(model.vocabulary());
    }
    void step() {
        work.reset();
        gradients.zero(on);
        Context<P> ctx = parameters.context(on, work);
        gradients.attach(ctx);
        ctx.training = true;
        model.step(ctx, seq2seq::upload(ctx, pairs), 1, work.keep(1, 1).data);
        constexpr auto dense = ParameterBlock::dense;
        const AdamWRange<P> range{{},
                                  parameters.block(dense).list(),
                                  std::as_const(gradients).block(dense).list(),
                                  first.block(dense).list(),
                                  second.block(dense).list()};
        on.adamw({&range, 1}, nullptr);
    }
    void search(const seq2seq::BeamSearch& beams) {
        work.reset();
        Context<P> ctx = parameters.context(on, work);
        const auto batch = seq2seq::upload(ctx, pairs);
        const auto encoded = model.encode(ctx, batch.source_of, batch.source, batch.source_key);
        benchmark::DoNotOptimize(beams(ctx, encoded.out, batch.source_of).item.data());
    }

    /// Multiplications of one pass: of all source tokens, and of `targets` tokens whose rows read `before`
    /// others.
    double of_source() const {
        const auto& c = model.config();
        const double d = number(c.width), inner = number(c.attention().inner()),
                     n = number(users * history * 4);
        const double layer = d * (4 * inner + 2 * number(c.hidden)) + 2 * inner * number(history * 4);
        return n * (number(c.encoder_layers) * layer + number(c.decoder_layers) * 2 * d * inner);
    }
    double of_targets(Index targets, double before) const {
        const auto& c = model.config();
        const double d = number(c.width), inner = number(c.attention().inner());
        const double layer =
            d * (6 * inner + 2 * number(c.hidden)) + 2 * inner * (before + number(history * 4));
        return number(targets) * (number(c.decoder_layers) * layer + d * number(model.vocabulary()));
    }
    static double number(Index n) { return static_cast<double>(n); }
};

void seq2seq_step(benchmark::State& state, const seq2seq::Config& config, int threads) {
    Trial trial(config, threads);
    Meter(state, trial.on, [&] { trial.step(); })
        .flop(6 * (trial.of_source() + trial.of_targets(users * 4, 2.5)), trial.on)
        .each("us_per_pair", users);
}

void seq2seq_beam(benchmark::State& state, const seq2seq::Config& config, int threads) {
    Trial trial(config, threads);
    const seq2seq::BeamSearch beams(trial.model, trial.ids, trial.trie, beam);
    Meter(state, trial.on, [&] { trial.search(beams); })
        .flop(2 * (trial.of_source() + trial.of_targets(users * (1 + 3 * beam), 3)), trial.on)
        .each("us_per_user", users);
}

}  // namespace

// The slash is part of the name, not a division.
// clang-format off
BENCHMARK_CAPTURE(seq2seq_step, tiger, seq2seq::Config{}, 0)->Unit(benchmark::kMillisecond)->UseManualTime();
BENCHMARK_CAPTURE(seq2seq_step, tiger/one_thread, seq2seq::Config{}, 1)->Unit(benchmark::kMillisecond)->UseManualTime();
BENCHMARK_CAPTURE(seq2seq_step, small/one_thread, small(), 1)->Unit(benchmark::kMillisecond)->UseManualTime();
BENCHMARK_CAPTURE(seq2seq_beam, tiger, seq2seq::Config{}, 0)->Unit(benchmark::kMillisecond)->UseManualTime();
BENCHMARK_CAPTURE(seq2seq_beam, tiger/one_thread, seq2seq::Config{}, 1)->Unit(benchmark::kMillisecond)->UseManualTime();
BENCHMARK_CAPTURE(seq2seq_beam, small/one_thread, small(), 1)->Unit(benchmark::kMillisecond)->UseManualTime();
// clang-format on
