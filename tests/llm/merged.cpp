// SPDX-License-Identifier: Apache-2.0
// LoRA against the model into whose weights it is merged, and unmerging.
#include <catch2/catch.hpp>
#include <coco/llm/merged.hpp>

#include "conformance/policy_under_test.hpp"
#include "llm/support.hpp"

using namespace support;
using coco::adapter::Frozen;
using coco::adapter::LoRA;
using Double = coco::conformance::PolicyUnderTest<double>;

namespace {

Numbers served(Bench<Double>& bench, const Prompts& prompts, const Numbers& soft) {
    bench.work.reset();
    coco::Context<Double> ctx = bench.parameters.context(bench.on, bench.work);  // no dropout
    const auto saved =
        bench.decoder.forward(ctx, bench.adapter, uploaded(bench.on, bench.work, prompts, soft, 16));
    return coco::conformance::downloaded<Double>(bench.on, saved.out);
}

}  // namespace

TEST_CASE("LoRA: merged into the weights it gives the same rows, and unmerged the old ones",
          "[llm][merged]") {
    const coco::llm::Source base = coco::llm::random_source(small_config(), 5);
    LoRA::Config settings{.rank = 3, .alpha = 6, .dropout = 0.5};
    SECTION("queries and values") {}
    SECTION("every map") {
        settings.targets.assign(coco::adapter::projections.begin(), coco::adapter::projections.end());
    }
    Bench<Double> bench(base, settings);
    const Prompts prompts = ragged();
    const Numbers soft = coco::conformance::normals(prompts.soft_rows() * 16, 3);

    const coco::llm::Source merged = coco::llm::merged(base, bench.adapter, bench.on, bench.parameters);
    Bench<Double, Frozen> whole(merged), plain(base);
    // Merged weights pass through float.
    const Numbers rows = whole.both(prompts, soft).out;
    CHECK(relative(served(bench, prompts, soft), rows) < 1e-5);
    CHECK(relative(plain.both(prompts, soft).out, rows) > 1e-2);
    Bench<Double, Frozen> back(coco::llm::unmerged(merged, bench.adapter, bench.on, bench.parameters));
    CHECK(relative(plain.both(prompts, soft).out, back.both(prompts, soft).out) < 1e-5);
}

TEST_CASE("merged weights are floats, the others remain as stored", "[llm][merged]") {
    const coco::llm::Source base = coco::llm::narrowed(coco::llm::random_source(small_config(), 5));
    Bench<Double> bench(base, {.rank = 3, .alpha = 6});
    const coco::llm::Source merged = coco::llm::merged(base, bench.adapter, bench.on, bench.parameters);
    CHECK(coco::llm::type_of(merged, "blk.1.attn_q.weight") == coco::GgmlType::F32);
    CHECK(coco::llm::type_of(merged, "blk.1.attn_k.weight") == coco::GgmlType::BF16);
    std::vector<float> read(24 * 16), stored(24 * 16);
    merged.read("blk.0.attn_q.weight", 24, 16, 0, read);
    merged.bytes("blk.0.attn_q.weight", 24, 16, 0, std::as_writable_bytes(std::span(stored)));
    CHECK(read == stored);
    std::vector<std::uint16_t> narrow(12 * 16), same(12 * 16);
    base.bytes("blk.0.attn_k.weight", 12, 16, 0, std::as_writable_bytes(std::span(narrow)));
    merged.bytes("blk.0.attn_k.weight", 12, 16, 0, std::as_writable_bytes(std::span(same)));
    CHECK(narrow == same);
}
