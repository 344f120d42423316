// SPDX-License-Identifier: Apache-2.0
// A joint step's part of the language model: 8 groups of 8 soft prompts and 120 tokens, forward and backward
// to the soft prompts and to LoRA (rank 8, on queries and values, dropout .05). Once with all activations
// kept, once with layers run again in backward.
#include <coco/adapter/lora.hpp>

#include "llm.hpp"

using namespace coco;

template <class Storage>
static void llm_lora_step(benchmark::State& state) {
    static Host on;
    const bool again = state.range(0) != 0;
    llm::Config config = llm::smollm2_135m();
    config.keep_bytes = again ? 0 : 4e9;
    Layout layout;
    const llm::Decoder<Storage> decoder(layout, llm::random_source(config, 1));
    const adapter::LoRA adapter(layout, {}, decoder.adapter_sizes());
    const Parameters<Host> parameters(on, layout, 1);
    Gradients<Host> gradients(on, layout);
    Workspace<Host> work(on);
    constexpr Index groups = 8, soft_rows = 8, length = 120;
    const Texts text(groups, length, config.vocabulary), soft(groups, soft_rows, config.vocabulary);
    Block<float, Host> prompts(on, groups * soft_rows * config.width), dsoft(on, prompts.size());
    Block<float, Host> dout(on, groups * (soft_rows + length) * config.width);
    Draw draw(2);
    for (Index i = 0; i < prompts.size(); ++i) prompts.data()[i] = static_cast<float>(draw.normal());
    for (Index i = 0; i < dout.size(); ++i) dout.data()[i] = static_cast<float>(draw.normal());
    const std::vector<std::uint8_t> open(groups, 1);
    std::uint32_t step = 0;
    const auto joint = [&] {
        work.reset();
        gradients.zero(on);
        Run<Host> run = parameters.run(on, work);
        gradients.attach(run);
        run.training = true;
        run.step = ++step;
        llm::Prompted<Host> in;
        in.soft = prompts.view(groups * soft_rows, config.width);
        in.soft_of = soft.segments();
        in.token = text.tokens();
        in.text_of = text.segments();
        const typename llm::Decoder<Storage>::template Kept<Host> kept = decoder.forward(run, adapter, in);
        decoder.backward(run, adapter, kept, dout.view(kept.out.rows, config.width),
                         dsoft.view(groups * soft_rows, config.width), open);
    };
    const double forward = forward_flop(config, groups, soft_rows + length);
    Meter(state, joint)
        .flop(forward * (again ? 3 : 2), on.threads())
        .rate("tokens/s", static_cast<double>(groups * (soft_rows + length)));
    state.counters["workspace_MB"] = static_cast<double>(work.total()) * 1e-6;
}
// clang-format off
#define COCO_LORA_STEP(kind, name)                       \
    BENCHMARK_TEMPLATE(llm_lora_step, llm::storage::kind)    \
        ->Name("llm_lora_step/smollm2_shape" name)           \
        ->ArgName("again")                                   \
        ->Arg(0)                                             \
        ->Arg(1)                                             \
        ->Unit(benchmark::kMillisecond)                      \
        ->UseManualTime()
// clang-format on
COCO_LORA_STEP(Float, "");
COCO_LORA_STEP(BFloat16, "/bf16");
