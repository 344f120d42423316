// SPDX-License-Identifier: Apache-2.0
// A model written as a GGUF file and read back; files that cannot be read as one.
#include <catch2/catch.hpp>
#include <coco/llm/open.hpp>
#include <limits>

#include "conformance/policy_under_test.hpp"
#include "io/support.hpp"
#include "llm/gguf_model.hpp"
#include "llm/support.hpp"

using namespace support;
using Catch::Matchers::Contains;

TEST_CASE("GGUF source: Llama, Qwen2 and Qwen3 files give back the model that was written") {
    const Folder folder;
    for (const std::string architecture : {"llama", "qwen2", "qwen3"}) {
        const coco::llm::Source original = coco::llm::random_source(model_config(architecture), 5);
        const auto path = model_of(original, architecture).write(folder / "model.gguf");
        const coco::llm::Source read = coco::llm::open(path);
        CHECK(read.config.head_norm == (architecture == "qwen3"));
        CHECK(read.config.qkv_bias == (architecture == "qwen2"));
        CHECK(read.config.head == 6);
        CHECK(read.config.vocabulary == 31);
        CHECK(read.config.tied);
        using P = coco::conformance::PolicyUnderTest<double>;
        const Prompts prompts = ragged();
        const Numbers soft = coco::conformance::normals(prompts.soft_rows() * 16, 3);
        Bench<P, coco::adapter::Frozen> a(original), b(read);
        CHECK(a.both(prompts, soft).out == b.both(prompts, soft).out);
    }
}

TEST_CASE("GGUF source: some rows of a tensor equal those of the whole, as values and as bytes") {
    const Folder folder;
    for (const std::string architecture : {"llama", "qwen3"}) {
        const auto path = model_of(coco::llm::random_source(model_config(architecture), 5), architecture)
                              .write(folder / "model.gguf");
        const coco::llm::Source source = coco::llm::open(path);
        for (const auto& [name, rows, cols] :
             {std::tuple<const char*, Index, Index>{"blk.1.attn_q.weight", 24, 16},
              {"blk.0.ffn_down.weight", 16, 20}}) {
            std::vector<float> whole(static_cast<std::size_t>(rows * cols)), stored(whole.size());
            source.read(name, rows, cols, 0, whole);
            source.bytes(name, rows, cols, 0, std::as_writable_bytes(std::span(stored)));
            CHECK(stored == whole);
            for (const Index first : {1, 5, 13}) {
                std::vector<float> some(static_cast<std::size_t>(3 * cols)), bytes(some.size());
                source.read(name, rows, cols, first, some);
                source.bytes(name, rows, cols, first, std::as_writable_bytes(std::span(bytes)));
                CHECK(std::equal(some.begin(), some.end(), whole.begin() + first * cols));
                CHECK(bytes == some);
            }
            std::vector<float> beyond(static_cast<std::size_t>(2 * cols));
            CHECK_THROWS_AS(source.read(name, rows, cols, rows - 1, beyond), coco::Error);
        }
    }
}

TEST_CASE("GGUF source: query and key rows in adjacent pairs with their rotation give the same model") {
    const coco::llm::Source halves = coco::llm::random_source(model_config(), 5);
    const Model file = model_of(halves, "llama");
    coco::llm::Source pairs = halves;
    pairs.config.rope = coco::nn::RopeKind::adjacent;
    pairs.read = [&](std::string_view name, Index, Index, Index, std::span<float> out) {
        const std::vector<float>& values = file.tensors.at(std::string(name)).second;
        std::copy(values.begin(), values.end(), out.begin());
    };
    using P = coco::conformance::PolicyUnderTest<double>;
    const Prompts prompts = ragged();
    const Numbers soft = coco::conformance::normals(prompts.soft_rows() * 16, 3);
    Bench<P, coco::adapter::Frozen> a(halves), b(pairs);
    CHECK(relative(a.both(prompts, soft).out, b.both(prompts, soft).out) < 1e-13);
}

TEST_CASE("GGUF source: a separate output matrix is found, and read if requested") {
    const Folder folder;
    Model m = model_of(coco::llm::random_source(model_config(), 5), "llama");
    m.tensors["output.weight"] = {{31, 16}, std::vector<float>(31 * 16, 0.5f)};
    coco::llm::Source source = coco::llm::open(m.write(folder / "model.gguf"));
    CHECK_FALSE(source.config.tied);
    for (const bool claimed : {false, true}) {
        source.config.output_head = claimed;
        Bench<coco::conformance::PolicyUnderTest<float>, coco::adapter::Frozen> bench(source);
        coco::Context<coco::conformance::PolicyUnderTest<float>> ctx =
            bench.parameters.context(bench.on, bench.work);
        const auto rows = coco::conformance::uploaded(bench.on, bench.work, Numbers(16, 1.0), {1, 16});
        if (claimed)
            CHECK(coco::conformance::downloaded<coco::conformance::PolicyUnderTest<float>>(
                      bench.on, bench.decoder.logits(
                                    ctx, coco::CRows<coco::conformance::PolicyUnderTest<float>>(rows))) ==
                  Numbers(31, 8.0));
        else
            CHECK_THROWS_AS(
                bench.decoder.logits(ctx, coco::CRows<coco::conformance::PolicyUnderTest<float>>(rows)),
                coco::Error);
    }
}

TEST_CASE("GGUF source: unsupported models are errors that name the property") {
    const Folder folder;
    const Model good = model_of(coco::llm::random_source(model_config(), 5), "llama");
    const auto error = [&](const auto& spoil) {
        Model m = good;
        spoil(m);
        const auto path = m.write(folder / "model.gguf");
        return error_of([&] {
            coco::ParameterLayout layout;
            const coco::llm::Source source = coco::llm::open(path);
            const coco::llm::Decoder<> decoder(layout, source);
            coco::conformance::PolicyUnderTest<float> on =
                coco::conformance::policy<coco::conformance::PolicyUnderTest<float>>(1);
            const coco::Parameters<coco::conformance::PolicyUnderTest<float>> parameters(on, layout, 1);
        });
    };
    CHECK(error([](Model&) {}).empty());
    CHECK_THAT(error([](Model& m) { m.architecture = "gpt2"; }),
               Contains("general.architecture: unknown architecture") && Contains("gpt2"));
    CHECK_THAT(error([](Model& m) { m.numbers.erase("block_count"); }),
               Contains("llama.block_count: no such key"));
    CHECK_THAT(error([](Model& m) { m.numbers["block_count"] = 0; }), Contains("llm.layers: too small"));
    CHECK_THAT(error([](Model& m) { m.numbers["block_count"] = 3; }),
               Contains("blk.2.attn_norm.weight: no such tensor"));
    CHECK_THAT(error([](Model& m) { m.numbers["attention.head_count"] = 0; }),
               Contains("head_count: too small"));
    CHECK_THAT(error([](Model& m) { m.numbers["attention.head_count_kv"] = 3; }),
               Contains("kv_heads: does not divide"));
    CHECK_THAT(error([](Model& m) { m.numbers["attention.value_length"] = 8; }),
               Contains("value_length: not supported"));
    CHECK_THAT(error([](Model& m) { m.numbers["rope.dimension_count"] = 4; }),
               Contains("dimension_count: not supported"));
    CHECK_THAT(error([](Model& m) { m.words["rope.scaling.type"] = "yarn"; }),
               Contains("rope.scaling.type: not supported"));
    CHECK_THAT(error([](Model& m) { m.numbers["expert_count"] = 8; }),
               Contains("expert_count: not supported"));
    CHECK_THAT(error([](Model& m) {
                   m.tensors["blk.0.attn_q.bias"] = {{1, 24}, std::vector<float>(24)};
               }),
               Contains("blk.0.attn_q.bias: not supported"));
    CHECK_THAT(error([](Model& m) {
                   m.tensors["blk.1.ffn_up.weight"] = {{19, 16}, std::vector<float>(19 * 16)};
               }),
               Contains("blk.1.ffn_up.weight: wrong shape"));
    CHECK_THAT(error([](Model& m) {
                   m.tensors["blk.1.ffn_up.weight"].second[7] = std::numeric_limits<float>::quiet_NaN();
               }),
               Contains("blk.1.ffn_up.weight: value is not finite"));
}
