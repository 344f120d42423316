// SPDX-License-Identifier: Apache-2.0
// Generation with cached keys and values: one more token for each of 1 or 16 texts that have 32 to 96 tokens
// already, logits included. Limit for one text: reading the weights from memory; for sixteen: arithmetic too.
#include <numeric>

#include <coco/adapter/frozen.hpp>
#include <coco/llm/cache.hpp>

#include "llm.hpp"

using namespace coco;

template <class Storage>
static void llm_decode(benchmark::State& state) {
    constexpr Index begun = 32, maximum = 96;
    static PolicyUnderTest on = here();
    static ParameterLayout layout;
    static const llm::Decoder<Storage> decoder(layout, as_q4_1(llm::random_source(llm::smollm2_135m(), 1)));
    static const Parameters<PolicyUnderTest> parameters(on, layout, 1);
    const Index texts = state.range(0);
    llm::Cache<PolicyUnderTest> cache(on, decoder.config(), texts, maximum);
    std::vector<Id> sequence(static_cast<std::size_t>(texts));
    std::iota(sequence.begin(), sequence.end(), 0);
    Workspace<PolicyUnderTest> work(on);
    const auto extend = [&](const Texts& more) {
        work.reset();
        Context<PolicyUnderTest> ctx = parameters.context(on, work);
        const Rows<PolicyUnderTest> rows =
            decoder.extend(ctx, adapter::Frozen{}, cache, more.tokens(on, work), more.segments(on, work),
                           std::span<const Id>(sequence));
        if (rows.rows == texts)
            benchmark::DoNotOptimize(decoder.logits(ctx, CRows<PolicyUnderTest>(rows)).data);
    };
    const Texts start(texts, begun, decoder.config().vocabulary), next(texts, 1, decoder.config().vocabulary);
    Meter(state, on, [&] {
        if (cache.length(0) == 0 || cache.length(0) == maximum) {
            for (const Id s : sequence) cache.clear(s);
            extend(start);
        }
        extend(next);
    }).rate("tokens/s", static_cast<double>(texts));
}
// clang-format off
#define COCO_DECODE(kind, name)                        \
    BENCHMARK_TEMPLATE(llm_decode, llm::storage::kind)     \
        ->Name("llm_decode/smollm2_shape" name)            \
        ->Arg(1)                                           \
        ->Arg(16)                                          \
        ->Unit(benchmark::kMillisecond)                    \
        ->UseManualTime()
// clang-format on
COCO_DECODE(Float, "");
COCO_DECODE(BFloat16, "/bf16");
COCO_DECODE(AsStored, "/q4_1");
