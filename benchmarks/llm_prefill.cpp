// SPDX-License-Identifier: Apache-2.0
// Hidden states of texts after the final norm, without the head: 8 texts of 128 tokens, 1 of 512.
#include <coco/adapter/frozen.hpp>

#include "llm.hpp"

using namespace coco;

template <class Storage, llm::Config (*shape)()>
static void llm_prefill(benchmark::State& state) {
    static PolicyUnderTest on = here();
    static ParameterLayout layout;
    static const llm::Decoder<Storage> decoder(layout, as_q4_1(llm::random_source(shape(), 1)));
    static const Parameters<PolicyUnderTest> parameters(on, layout, 1);
    const Index length = state.range(0), texts = length < 512 ? 8 : 1;
    const Texts input(texts, length, decoder.config().vocabulary);
    Workspace<PolicyUnderTest> work(on);
    const auto prefill = [&] {
        work.reset();
        Context<PolicyUnderTest> ctx = parameters.context(on, work);
        decoder.hidden(ctx, adapter::Frozen{}, input.tokens(on, work), input.segments(on, work));
    };
    Meter(state, on, prefill)
        .flop(forward_flop(decoder.config(), texts, length), on)
        .rate("tokens/s", static_cast<double>(texts * length));
}
// clang-format off
#define COCO_PREFILL(kind, shape, name)                    \
    BENCHMARK_TEMPLATE(llm_prefill, llm::storage::kind, shape) \
        ->Name("llm_prefill/" name)                        \
        ->Arg(128)                                         \
        ->Arg(512)                                         \
        ->Unit(benchmark::kMillisecond)                    \
        ->UseManualTime()
// clang-format on
COCO_PREFILL(Float, llm::smollm2_135m, "smollm2_shape");
COCO_PREFILL(BFloat16, llm::smollm2_135m, "smollm2_shape/bf16");
COCO_PREFILL(AsStored, llm::smollm2_135m, "smollm2_shape/q4_1");
COCO_PREFILL(BFloat16, llm::qwen3_0_6b, "qwen3_0_6b_shape/bf16");
