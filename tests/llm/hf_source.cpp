// SPDX-License-Identifier: Apache-2.0
// Folders as saved by transformers, against the logits of transformers (fixtures/hf_models.py).
#include <catch2/catch.hpp>
#include <coco/io/safetensors.hpp>
#include <coco/llm/open.hpp>
#include <filesystem>
#include <string>

#include "conformance/policy_under_test.hpp"
#include "io/support.hpp"
#include "llm/support.hpp"

using namespace support;
using Catch::Matchers::Contains;

namespace {

std::string fixture(const std::string& name) { return std::string(COCO_TEST_DIR) + "/fixtures/hf/" + name; }

template <class T>
auto list(const coco::io::Safetensors& file, const std::string& name) {
    const auto values = file.get<T>(name, file.tensor(name).shape);
    return std::vector<std::conditional_t<std::is_same_v<T, float>, double, T>>(values.begin(), values.end());
}

/// `config.json` of a fixture with one replacement, alone in a folder.
std::string spoilt(const std::string& what, const std::string& by) {
    const Folder folder;
    std::string text = slurp(fixture("qwen2") + "/config.json");
    const std::size_t at = text.find(what);
    REQUIRE(at != std::string::npos);
    write(folder / "config.json", text.replace(at, what.size(), by));
    return error_of([&] { coco::llm::open(folder.path()); });
}

}  // namespace

TEST_CASE("Hugging Face folder: logits equal those of transformers") {
    for (const char* name : {"llama", "llama_sharded", "qwen2", "qwen3_tied", "qwen3_untied"}) {
        const coco::io::Safetensors reference(fixture(name) + "/reference.safetensors");
        coco::llm::Source source = coco::llm::open(fixture(name));
        source.config.output_head = true;
        CHECK(source.config.theta == 5000);
        Bench<coco::conformance::PolicyUnderTest<float>, coco::adapter::Frozen> bench(source, {}, false);
        const auto token = list<std::int32_t>(reference, "ids"),
                   offsets = list<std::int32_t>(reference, "offsets");
        coco::Offsets text_of;
        text_of.at.assign(offsets.begin(), offsets.end());
        coco::Context<coco::conformance::PolicyUnderTest<float>> ctx =
            bench.parameters.context(bench.on, bench.work);
        const auto rows =
            bench.decoder.hidden(ctx, bench.adapter, coco::conformance::ids(bench.on, bench.work, token),
                                 coco::conformance::segments(bench.on, bench.work, text_of));
        const Numbers logits = coco::conformance::downloaded<coco::conformance::PolicyUnderTest<float>>(
            bench.on,
            bench.decoder.logits(ctx, coco::CRows<coco::conformance::PolicyUnderTest<float>>(rows)));
        const double off = relative(logits, list<float>(reference, "logits"));
        INFO(name << " is off by " << off);
        CHECK(off <= 2e-6);
    }
}

TEST_CASE("Hugging Face folder: names of tensors") {
    CHECK(coco::llm::hf_name("token_embd.weight") == "model.embed_tokens.weight");
    CHECK(coco::llm::hf_name("output.weight") == "lm_head.weight");
    CHECK(coco::llm::hf_name("blk.13.ffn_down.weight") == "model.layers.13.mlp.down_proj.weight");
    CHECK(coco::llm::hf_name("blk.0.attn_q.bias") == "model.layers.0.self_attn.q_proj.bias");
    CHECK_THROWS_AS(coco::llm::hf_name("blk.0.ffn_sideways.weight"), coco::Error);
    CHECK_THROWS_AS(coco::llm::hf_name("blk."), coco::Error);
    CHECK_THROWS_AS(coco::llm::hf_name(""), coco::Error);
}

TEST_CASE("Hugging Face folder: unsupported models are errors that name the property") {
    CHECK_THAT(spoilt("\"qwen2\"", "\"mamba\""), Contains("model_type: unknown architecture") &&
                                                     Contains("llama, qwen2 or qwen3, found mamba"));
    CHECK_THAT(spoilt("\"silu\"", "\"gelu\""), Contains("hidden_act: not supported"));
    CHECK_THAT(spoilt("\"default\"", "\"yarn\""), Contains("rope_parameters: rope_type: not supported"));
    CHECK_THAT(spoilt("\"use_sliding_window\": false", "\"use_sliding_window\": true"),
               Contains("use_sliding_window: not supported"));
    CHECK_THAT(spoilt("\"full_attention\"", "\"sliding_attention\""), Contains("layer_types: not supported"));
    CHECK_THAT(spoilt("\"use_cache\": true", "\"quantization_config\": {}"),
               Contains("quantization_config: not supported"));
    CHECK_THAT(spoilt("\"use_cache\": true", "\"attention_bias\": true"),
               Contains("attention_bias: not supported"));
    CHECK_THAT(spoilt("\"hidden_size\"", "\"hidden_sized\""), Contains("hidden_size: no such key"));
    CHECK_THAT(spoilt("\"num_attention_heads\": 4", "\"num_attention_heads\": 0"),
               Contains("num_attention_heads: too small"));
    CHECK_THAT(spoilt("\"num_key_value_heads\": 2", "\"num_key_value_heads\": 3"),
               Contains("kv_heads: does not divide"));
    CHECK_THAT(spoilt("\"vocab_size\": 61", "\"vocab_size\": \"many\""), Contains("vocab_size: wrong type"));
    CHECK_THAT(spoilt("\"vocab_size\": 61", "\"vocab_size\": 61"), Contains("no weights in this folder"));
}

TEST_CASE("Hugging Face folder: a tensor of another shape is an error that names it when it is read") {
    const Folder folder;
    for (const char* name : {"config.json", "model.safetensors"})
        std::filesystem::copy(fixture("llama") + "/" + name, folder / name);
    std::string text = slurp(folder / "config.json");
    const std::string what = "\"intermediate_size\": 48";
    REQUIRE(text.find(what) != std::string::npos);
    write(folder / "config.json", text.replace(text.find(what), what.size(), "\"intermediate_size\": 47"));
    CHECK_THAT(error_of([&] {
                   const Bench<coco::conformance::PolicyUnderTest<float>, coco::adapter::Frozen> bench(
                       coco::llm::open(folder.path()));
               }),
               Contains("model.layers.0.mlp.gate_proj.weight: wrong shape: expected [47, 32]"));
}
