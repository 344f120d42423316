// SPDX-License-Identifier: Apache-2.0
// LoRA against the model whose weights it is merged into; what a model without one costs.
#include <catch2/catch.hpp>
#include <coco/adapter/concept.hpp>

#include "laws/here.hpp"
#include "llm/support.hpp"

using namespace support;
using coco::adapter::Frozen;
using coco::adapter::LoRA;
using Double = coco::laws::Here<double>;

static_assert(coco::Adapter<LoRA> && LoRA::learns);
static_assert(coco::Adapter<Frozen> && !Frozen::learns);

TEST_CASE("LoRA: merged into the weights it gives the same rows") {
    const coco::llm::Source base = coco::llm::random_source(small_config(), 5);
    Bench<Double> bench(base, {.rank = 3, .alpha = 6, .dropout = 0.5});
    const Prompts prompts = ragged();
    const Numbers soft = coco::laws::normals(prompts.soft_rows() * 16, 3);

    coco::llm::Source merged = base;
    merged.read = [&](std::string_view name, Index rows, Index cols, std::span<float> out) {
        base.read(name, rows, cols, out);
        for (Index l = 0; l < 2; ++l)
            for (const bool query : {true, false}) {
                if (name != coco::llm::layer_tensor(l, query ? "attn_q" : "attn_v")) continue;
                const coco::nn::LowRank& change = query ? bench.adapter.query(l) : bench.adapter.value(l);
                const auto a = bench.parameters.view(change.a()), b = bench.parameters.view(change.b());
                for (Index i = 0; i < rows; ++i)
                    for (Index j = 0; j < cols; ++j)
                        for (Index r = 0; r < 3; ++r)
                            out[static_cast<std::size_t>(i * cols + j)] +=
                                static_cast<float>(2 * b(i, r) * a(r, j));
            }
    };
    Bench<Double, Frozen> whole(merged);
    bench.work.reset();
    coco::Run<Double> run = bench.parameters.run(bench.on, bench.work);  // serving: no dropout
    const auto kept =
        bench.decoder.forward(run, bench.adapter, brought(bench.on, bench.work, prompts, soft, 16));
    // Merged weights pass through float.
    CHECK(relative(coco::laws::fetched<Double>(bench.on, kept.out), whole.both(prompts, soft).out) < 1e-5);
    CHECK(relative(Bench<Double, Frozen>(base).both(prompts, soft).out, whole.both(prompts, soft).out) >
          1e-2);
}

TEST_CASE("LoRA: its tensors are one group of their own, as many as the paper's") {
    coco::llm::Config smollm2;
    smollm2.width = 576;
    smollm2.layers = 30;
    smollm2.heads = 9;
    smollm2.kv_heads = 3;
    smollm2.head = 64;
    coco::Layout layout;
    layout.claim("before", 3, 3, coco::Init::zeros());
    const LoRA adapter(layout, {}, smollm2.adapter_sizes());
    Index sum = 0;
    const int group = layout.group_index("adapter");
    for (const coco::Tensor& t : layout.tensors()) sum += t.group == group ? t.slot.size() : 0;
    CHECK(sum == 460800);  // of q and v at rank 8, counted by hand: 30 x 8 x (576 + 576 + 576 + 192)
    for (const coco::Tensor& t : layout.tensors()) CHECK(t.decay == coco::Decay::no);
}

TEST_CASE("LoRA: settings out of range are refused") {
    coco::Layout layout;
    const coco::adapter::Sizes sizes{1, 4, 4, 2, 2};
    CHECK_THROWS_AS(LoRA(layout, {.rank = 0}, sizes), coco::Error);
    CHECK_THROWS_AS(LoRA(layout, {.dropout = 1}, sizes), coco::Error);
}
