// SPDX-License-Identifier: Apache-2.0
// What packing saves: 64 real histories as they are, and the same padded to the longest. Four layers.
#include <algorithm>
#include <array>

#include <coco/adapter/frozen.hpp>

#include "llm.hpp"

using namespace coco;

// Tokens (SmolLM2's) that every 300th user of Beauty from the first on has in `text::History`'s own words,
// the last two items held out, at most 20 items and 512 tokens.
constexpr std::array<Index, 64> lengths{94,  164, 124, 279, 204, 338, 456, 304, 486, 167, 89,  269, 110,
                                        116, 293, 92,  483, 182, 147, 147, 134, 147, 198, 485, 150, 124,
                                        325, 184, 110, 102, 134, 114, 108, 100, 505, 476, 410, 97,  94,
                                        352, 95,  102, 319, 301, 287, 395, 336, 138, 111, 259, 141, 113,
                                        126, 121, 386, 134, 65,  136, 509, 112, 188, 477, 128, 182};

static void llm_ragged(benchmark::State& state) {
    static Host on;
    static Layout layout;
    static const llm::Decoder<> decoder(layout, [] {
        llm::Config shape = llm::smollm2_135m();
        shape.depth = 4;
        return llm::random_source(shape, 1);
    }());
    static const Parameters<Host> parameters(on, layout, 1);
    const bool padded = state.range(0) != 0;
    const Index longest = *std::max_element(lengths.begin(), lengths.end());
    Offsets offsets;
    for (const Index n : lengths) offsets.push(padded ? longest : n);
    std::vector<Id> token(static_cast<std::size_t>(offsets.rows()));
    Draw draw(1);
    for (Id& t : token)
        t = static_cast<Id>(draw.below(static_cast<std::uint32_t>(decoder.config().vocabulary)));
    Workspace<Host> work(on);
    double real = 0;
    for (const Index n : lengths) real += static_cast<double>(n);
    Meter(state, [&] {
        work.reset();
        Run<Host> run = parameters.run(on, work);
        decoder.hidden(
            run, adapter::Frozen{}, Ids<Host>{token.data(), static_cast<Index>(token.size())},
            Segments<Host>{
                offsets.at, {offsets.at.data(), static_cast<Index>(offsets.at.size())}, offsets.longest()});
    }).rate("real_tokens/s", real);
    state.counters["tokens_a_real_one"] = static_cast<double>(offsets.rows()) / real;
}
BENCHMARK(llm_ragged)->ArgName("padded")->Arg(0)->Arg(1)->Unit(benchmark::kMillisecond)->UseManualTime();
