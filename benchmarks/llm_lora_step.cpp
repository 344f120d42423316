// SPDX-License-Identifier: Apache-2.0
// The language model's part of a joint step: 8 groups of 8 soft prompts and 120 tokens, forward and backward
// to the soft prompts and to LoRA (rank 8, on queries and values, dropout .05). Once with all activations
// saved, once with the layers recomputed in backward.
#include <coco/adapter/lora.hpp>

#include "llm.hpp"

using namespace coco;

template <class Storage, llm::Config (*shape)()>
static void llm_lora_step(benchmark::State& state) {
    static PolicyUnderTest on = here();
    const bool again = state.range(0) != 0;
    llm::Config config = shape();
    config.keep_bytes = again ? 0 : 4e9;
    ParameterLayout layout;
    const llm::Decoder<Storage> decoder(layout, llm::random_source(config, 1));
    const adapter::LoRA adapter(layout, {}, decoder.adapter_sizes());
    const Parameters<PolicyUnderTest> parameters(on, layout, 1);
    Gradients<PolicyUnderTest> gradients(on, layout);
    Workspace<PolicyUnderTest> work(on);
    constexpr Index groups = 8, soft_rows = 8, length = 120;
    const Texts text(groups, length, config.vocabulary), soft(groups, soft_rows, config.vocabulary);
    const Normals<PolicyUnderTest> prompts(on, groups * soft_rows, config.width, 1, 2),
        dout(on, groups * (soft_rows + length), config.width, 1, 3);
    Normals<PolicyUnderTest> dsoft(on, prompts.rows, config.width, 0);
    const std::vector<std::uint8_t> open(groups, 1);
    std::uint32_t step = 0;
    const auto joint = [&] {
        work.reset();
        gradients.zero(on);
        Context<PolicyUnderTest> ctx = parameters.context(on, work);
        gradients.attach(ctx);
        ctx.training = true;
        ctx.step = ++step;
        llm::Prompted<PolicyUnderTest> in;
        in.soft = prompts.in();
        in.soft_of = soft.segments(on, work);
        in.token = text.tokens(on, work);
        in.text_of = text.segments(on, work);
        const typename llm::Decoder<Storage>::template Saved<PolicyUnderTest> saved =
            decoder.forward(ctx, adapter, in);
        decoder.backward(ctx, adapter, saved, dout.in(), dsoft.out(), open);
    };
    const double forward = forward_flop(config, groups, soft_rows + length);
    Meter(state, on, joint)
        .flop(forward * (again ? 3 : 2), on)
        .rate("tokens/s", static_cast<double>(groups * (soft_rows + length)));
    state.counters["workspace_MB"] = static_cast<double>(work.total()) * 1e-6;
}
// clang-format off
#define COCO_LORA_STEP(kind, shape, name)                    \
    BENCHMARK_TEMPLATE(llm_lora_step, llm::storage::kind, shape) \
        ->Name("llm_lora_step/" name)                        \
        ->ArgName("again")                                   \
        ->Arg(0)                                             \
        ->Arg(1)                                             \
        ->Unit(benchmark::kMillisecond)                      \
        ->UseManualTime()
// clang-format on
COCO_LORA_STEP(Float, llm::smollm2_135m, "smollm2_shape");
COCO_LORA_STEP(BFloat16, llm::smollm2_135m, "smollm2_shape/bf16");
COCO_LORA_STEP(BFloat16, llm::qwen3_0_6b, "qwen3_0_6b_shape/bf16");
