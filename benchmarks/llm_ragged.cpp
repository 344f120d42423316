// SPDX-License-Identifier: Apache-2.0
// Time saved by packing: 64 real histories as they are, and the same padded to the longest. Four layers.
#include <algorithm>
#include <array>
#include <numeric>

#include <coco/adapter/frozen.hpp>

#include "llm.hpp"

using namespace coco;

// Numbers of tokens (of SmolLM2) of every 300th user of Beauty, from the first on, in the default format of
// `text::History`: the last two items held out, at most 20 items and 512 tokens.
constexpr std::array<Index, 64> lengths{94,  164, 124, 279, 204, 338, 456, 304, 486, 167, 89,  269, 110,
                                        116, 293, 92,  483, 182, 147, 147, 134, 147, 198, 485, 150, 124,
                                        325, 184, 110, 102, 134, 114, 108, 100, 505, 476, 410, 97,  94,
                                        352, 95,  102, 319, 301, 287, 395, 336, 138, 111, 259, 141, 113,
                                        126, 121, 386, 134, 65,  136, 509, 112, 188, 477, 128, 182};

static void llm_ragged(benchmark::State& state) {
    static PolicyUnderTest on = here();
    static ParameterLayout layout;
    static const llm::Decoder<> decoder(layout, [] {
        llm::Config shape = llm::smollm2_135m();
        shape.depth = 4;
        return llm::random_source(shape, 1);
    }());
    static const Parameters<PolicyUnderTest> parameters(on, layout, 1);
    const bool padded = state.range(0) != 0;
    std::vector<Index> length(lengths.begin(), lengths.end());
    const double real = static_cast<double>(std::accumulate(length.begin(), length.end(), Index{0}));
    if (padded) length.assign(length.size(), *std::max_element(length.begin(), length.end()));
    const Texts input(length, decoder.config().vocabulary);
    Workspace<PolicyUnderTest> work(on);
    Meter(state, on, [&] {
        work.reset();
        Context<PolicyUnderTest> ctx = parameters.context(on, work);
        decoder.hidden(ctx, adapter::Frozen{}, input.tokens(on, work), input.segments(on, work));
    }).rate("real_tokens/s", real);
    state.counters["tokens_a_real_one"] = static_cast<double>(input.token.size()) / real;
}
BENCHMARK(llm_ragged)->ArgName("padded")->Arg(0)->Arg(1)->Unit(benchmark::kMillisecond)->UseManualTime();
