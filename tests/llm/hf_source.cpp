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
using coco::text_of;

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
    for (const char* name :
         {"llama", "llama_sharded", "qwen2", "qwen3_tied", "qwen3_untied", "llama_llama3", "llama_linear"}) {
        const coco::io::Safetensors reference(fixture(name) + "/reference.safetensors");
        coco::llm::Source source = coco::llm::open(fixture(name));
        source.config.output_head = true;
        CHECK(source.config.theta == (source.config.factors.count > 0 ? 50 : 5000));
        Bench<coco::conformance::PolicyUnderTest<float>, coco::adapter::Frozen> bench(source, {}, false);
        const auto token = list<std::int32_t>(reference, "ids"),
                   offsets = list<std::int32_t>(reference, "offsets");
        coco::Offsets texts;
        texts.at.assign(offsets.begin(), offsets.end());
        coco::Context<coco::conformance::PolicyUnderTest<float>> ctx =
            bench.parameters.context(bench.on, bench.work);
        const auto rows =
            bench.decoder.hidden(ctx, bench.adapter, coco::conformance::ids(bench.on, bench.work, token),
                                 coco::conformance::segments(bench.on, bench.work, texts));
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

TEST_CASE("Hugging Face folder: each key is used, changes nothing, or is refused by name") {
    const auto with = [](const std::string& setting) { return spoilt("\"use_cache\": true", setting); };
    const auto known = Contains("no weights in this folder");
    for (const char* setting :
         {R"("use_cache": false)", R"("_name_or_path": "x")", R"("unknown_setting": null)",
          R"("sep_token_id": 4294967295)", R"("is_causal": true)", R"("use_mrope": false)",
          R"("partial_rotary_factor": 1.0)"})
        CHECK_THAT(with(setting), known);
    for (const char* key : {"final_logit_softcapping", "query_pre_attn_scalar", "embedding_multiplier",
                            "logits_scaling", "residual_multiplier", "attention_multiplier", "num_experts",
                            "clip_qkv", "use_parallel_residual", "auto_map", "no_rope_layers"})
        CHECK_THAT(with(text_of("\"", key, "\": 0.5")),
                   Contains(text_of("config.json: ", key, ": not supported")));
    CHECK_THAT(with(R"("is_causal": false)"), Contains("is_causal: not supported"));
    CHECK_THAT(with(R"("use_mrope": true)"), Contains("use_mrope: not supported"));
    CHECK_THAT(with(R"("rope_interleaved": true)"), Contains("rope_interleaved: not supported"));
    CHECK_THAT(with(R"("partial_rotary_factor": 0.5)"), Contains("partial_rotary_factor: not supported"));
    CHECK_THAT(spoilt("Qwen2ForCausalLM", "Qwen2ForRewardModel"), Contains("architectures: not supported"));
    const auto rope = [](const std::string& settings) {
        return spoilt("\"rope_type\": \"default\"", settings);
    };
    CHECK_THAT(rope(R"("rope_type": "linear", "factor": 2.0)"), known);
    CHECK_THAT(rope(R"("rope_type": "linear")"), Contains("rope_parameters: factor: no such key"));
    CHECK_THAT(rope(R"("rope_type": "default", "factor": 2.0)"),
               Contains("rope_parameters: factor: not supported"));
    CHECK_THAT(rope(R"("rope_type": "linear", "type": "llama3", "factor": 2.0)"),
               Contains("type: not supported"));
    for (const char* kind : {"dynamic", "yarn", "longrope", "mrope"})
        CHECK_THAT(rope(text_of("\"type\": \"", kind, "\", \"factor\": 2.0")),
                   Contains("type: not supported"));
    CHECK_THAT(with(R"("rope_scaling": {"type": "linear", "factor": 2.0})"),
               Contains("rope_scaling: given beside"));
}

TEST_CASE("Hugging Face folder: each tensor is read, follows from the settings, or is refused by name") {
    // The header of a safetensors file may be followed by spaces: one name is replaced by another of its
    // length.
    const auto renamed = [](const std::string& what, const std::string& by) {
        const Folder folder;
        std::filesystem::copy(fixture("qwen2") + "/config.json", folder / "config.json");
        std::string bytes = slurp(fixture("qwen2") + "/model.safetensors");
        const std::size_t at = bytes.find(what);
        REQUIRE(at != std::string::npos);
        REQUIRE(what.size() == by.size());
        write(folder / "model.safetensors", bytes.replace(at, what.size(), by));
        return error_of([&] { coco::llm::open(folder.path()); });
    };
    CHECK(renamed("layers.0", "layers.0").empty());
    CHECK_THAT(renamed("layers.1.mlp.up_proj", "layers.2.mlp.up_proj"),
               Contains("model.safetensors: model.layers.2.mlp.up_proj.weight: not supported"));
    CHECK_THAT(renamed("mlp.gate_proj", "mlp.sore_proj"), Contains("mlp.sore_proj.weight: not supported"));
    CHECK_THAT(renamed("self_attn.v_proj.bias", "self_attn.o_proj.bias"),
               Contains("o_proj.bias: not supported"));
}

TEST_CASE("Hugging Face folder: texts up to the sliding window are read, longer ones are refused") {
    const coco::io::Safetensors reference(fixture("qwen2") + "/reference.safetensors");
    const auto token = list<std::int32_t>(reference, "ids");
    const Folder folder;
    std::filesystem::copy(fixture("qwen2") + "/model.safetensors", folder / "model.safetensors");
    std::string text = slurp(fixture("qwen2") + "/config.json");
    const std::string what = "\"sliding_window\": null";
    REQUIRE(text.find(what) != std::string::npos);
    text.replace(text.find(what), what.size(), "\"sliding_window\": 6");
    const std::string full = "\"full_attention\"";
    text.replace(text.find(full), full.size(), "\"sliding_attention\"");
    write(folder / "config.json", text);
    using P = coco::conformance::PolicyUnderTest<float>;
    const coco::llm::Source plain = coco::llm::open(fixture("qwen2")),
                            source = coco::llm::open(folder.path());
    CHECK(plain.config.window == 0);
    CHECK(source.config.window == 6);
    Bench<P, coco::adapter::Frozen> all(plain, {}, false), some(source, {}, false);
    const auto hidden = [&](auto& bench, Index first) {
        coco::Offsets texts;
        texts.at = {0, static_cast<Id>(first), 9};
        coco::Context<P> ctx = bench.parameters.context(bench.on, bench.work);
        return coco::conformance::downloaded<P>(
            bench.on,
            bench.decoder.hidden(ctx, bench.adapter,
                                 coco::conformance::ids(bench.on, bench.work,
                                                        std::vector<Id>(token.begin(), token.begin() + 9)),
                                 coco::conformance::segments(bench.on, bench.work, texts)));
    };
    CHECK(hidden(some, 6) == hidden(all, 6));
    CHECK_THAT(error_of([&] { hidden(some, 7); }),
               Contains("text longer than the model's sliding window: expected at most 6 tokens, found 7"));
}
