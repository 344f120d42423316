// SPDX-License-Identifier: Apache-2.0
// Which keys and tensors of a GGUF file are used, change nothing, or are refused by name.
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include <coco/llm/gguf_config.hpp>

#include "io/support.hpp"
#include "llm/gguf_model.hpp"

using namespace support;
using Catch::Matchers::Contains;
using coco::llm::Config;

namespace {

Model good(const std::string& architecture = "llama") {
    return model_of(coco::llm::random_source(model_config(architecture), 5), architecture);
}

template <class Change>
Config config_with(const Change& change, const std::string& architecture = "llama") {
    const Folder folder;
    Model model = good(architecture);
    change(model);
    return coco::llm::config_of(coco::io::Gguf(model.write(folder / "model.gguf")));
}

template <class Change>
std::string fault(const Change& change, const std::string& architecture = "llama") {
    return error_of([&] { config_with(change, architecture); });
}

}  // namespace

TEST_CASE("GGUF config: a tensor of factors slows the rotation down") {
    const Config c = config_with([](Model& m) { m.tensors["rope_freqs.weight"] = {{1, 3}, {1, 2.5f, 32}}; });
    REQUIRE(c.factors.count == 3);
    CHECK(std::vector<float>(c.factors.value, c.factors.value + 3) == std::vector<float>{1, 2.5f, 32});
    CHECK_THAT(fault([](Model& m) {
                   m.tensors["rope_freqs.weight"] = {{1, 4}, {1, 1, 1, 1}};
               }),
               Contains("rope_freqs.weight: wrong shape: expected 1 x 3, found 1 x 4"));
    // Frequencies instead of their divisors, as in files of the first Llama.
    CHECK_THAT(fault([](Model& m) {
                   m.tensors["rope_freqs.weight"] = {{1, 3}, {1, 0.1f, 0.01f}};
               }),
               Contains("rope_freqs.weight: impossible factor"));
}

TEST_CASE("GGUF config: linear scaling is a factor for all angles; other scaling is refused") {
    const auto factors = [](const auto& change) {
        const Config c = config_with(change);
        return std::vector<float>(c.factors.value, c.factors.value + c.factors.count);
    };
    CHECK(factors([](Model&) {}).empty());
    CHECK(factors([](Model& m) { m.reals["rope.scaling.factor"] = 4; }) == std::vector<float>{4, 4, 4});
    CHECK(factors([](Model& m) { m.reals["rope.scale_linear"] = 2; }) == std::vector<float>{2, 2, 2});
    CHECK(factors([](Model& m) {
              m.words["rope.scaling.type"] = "none";
              m.reals["rope.scaling.factor"] = 4;
          }).empty());
    CHECK(factors([](Model& m) {
              m.reals["rope.scaling.factor"] = 2;
              m.tensors["rope_freqs.weight"] = {{1, 3}, {1, 2, 3}};
          }) == std::vector<float>{2, 4, 6});
    for (const char* kind : {"yarn", "longrope"})
        CHECK_THAT(
            fault([&](Model& m) { m.words["rope.scaling.type"] = kind; }),
            Contains(std::string("llama.rope.scaling.type: not supported: expected none or linear, found ") +
                     kind));
    CHECK_THAT(fault([](Model& m) { m.reals["rope.scaling.factor"] = 0.5f; }),
               Contains("rope.scaling.factor: impossible"));
    CHECK_THAT(fault([](Model& m) { m.reals["rope.scaling.yarn_log_multiplier"] = 0.1f; }),
               Contains("llama.rope.scaling.yarn_log_multiplier: not supported"));
    CHECK_THAT(fault([](Model& m) { m.reals["rope.scaling.attn_factor"] = 1.2f; }),
               Contains("attn_factor: not supported"));
}

TEST_CASE("GGUF config: what the decoder does not have is refused unless it is switched off") {
    const auto with_real = [](const char* key, float value) {
        return fault([&](Model& m) { m.reals[key] = value; });
    };
    const auto with_number = [](const char* key, std::uint32_t value) {
        return fault([&](Model& m) { m.numbers[key] = value; });
    };
    const auto with_flag = [](const char* key, bool value) {
        return fault([&](Model& m) { m.flags[key] = value; });
    };
    const auto refused = [](const char* key) {
        return Contains(std::string("llama.") + key + ": not supported");
    };
    for (const char* key : {"logit_scale", "embedding_scale", "residual_scale"}) {
        CHECK(with_real(key, 1).empty());
        CHECK_THAT(with_real(key, 0.25f), refused(key));
    }
    for (const char* key : {"attn_logit_softcapping", "final_logit_softcapping", "attention.clamp_kqv"}) {
        CHECK(with_real(key, 0).empty());
        CHECK_THAT(with_real(key, 30), refused(key));
    }
    CHECK(with_real("attention.scale", 1 / std::sqrt(6.0f)).empty());
    CHECK_THAT(with_real("attention.scale", 0.5f), refused("attention.scale"));
    for (const char* key : {"expert_count", "expert_used_count", "expert_shared_count"}) {
        CHECK(with_number(key, 0).empty());
        CHECK_THAT(with_number(key, 2), refused(key));
    }
    CHECK(with_flag("use_parallel_residual", false).empty());
    CHECK_THAT(with_flag("use_parallel_residual", true), refused("use_parallel_residual"));
    CHECK(with_flag("attention.causal", true).empty());
    CHECK_THAT(with_flag("attention.causal", false), refused("attention.causal"));
    for (const char* key :
         {"expert_feed_forward_length", "attention.q_lora_rank", "nextn_predict_layers", "ssm.state_size"})
        CHECK_THAT(with_number(key, 1), refused(key));
    for (const char* key : {"context_length", "vocab_size"}) CHECK(with_number(key, 31).empty());
}

TEST_CASE("GGUF config: a sliding window and a pooling type are taken") {
    const auto with = [](const char* key, std::uint32_t value) {
        return config_with([&](Model& m) { m.numbers[key] = value; });
    };
    CHECK(with("attention.sliding_window", 0).window == 0);
    CHECK(with("attention.sliding_window", 6).window == 6);
    CHECK(with("pooling_type", 0).pooling.empty());
    CHECK(with("pooling_type", 1).pooling == "mean");
    CHECK(with("pooling_type", 3).pooling == "last");
    for (const std::uint32_t kind : {2u, 4u, 9u})
        CHECK_THAT(fault([&](Model& m) { m.numbers["pooling_type"] = kind; }),
                   Contains("llama.pooling_type: not supported"));
}

TEST_CASE("GGUF config: other files, other keys, other tensors") {
    const auto with = [](const char* key, const char* value) {
        return fault([&](Model& m) { m.others[key] = value; });
    };
    CHECK(with("general.name", "x").empty());
    CHECK(with("general.type", "model").empty());
    CHECK_THAT(with("general.type", "adapter"),
               Contains("general.type: not a model: expected model, found adapter"));
    CHECK_THAT(with("qwen2.block_count", "2"), Contains("model.gguf: qwen2.block_count: not supported"));
    CHECK_THAT(with("adapter.lora.alpha", "2"), Contains("adapter.lora.alpha: not supported"));
    const auto extra = [](const char* name, const std::string& architecture = "llama") {
        return fault([&](Model& m) { m.tensors[name] = {{1, 16}, std::vector<float>(16)}; }, architecture);
    };
    for (const char* name : {"blk.2.attn_norm.weight", "blk.0.ffn_gate_inp.weight", "blk.1.attn_output.bias",
                             "cls.weight", "blk.0.attn_post_norm.weight", "rope_factors_long.weight",
                             "output_norm.bias", "blk.0.attn_qkv.weight", "token_types.weight"})
        CHECK_THAT(extra(name), Contains(std::string("model.gguf: ") + name + ": not supported"));
    CHECK_THAT(extra("blk.0.attn_q_norm.weight"), Contains("not supported"));
    CHECK_THAT(extra("blk.0.attn_k.bias"), Contains("not supported"));
    CHECK_THAT(extra("blk.1.attn_output.bias", "qwen2"), Contains("not supported"));
}

TEST_CASE("GGUF config: a part of a split model is refused") {
    const Folder folder;
    GgufBytes file;
    file.entry("general.architecture", "llama").entry("split.count", 2u).entry("split.no", 0u);
    CHECK_THAT(
        error_of([&] {
            coco::llm::config_of(coco::io::Gguf(write(folder / "a-00001-of-00002.gguf", file.bytes())));
        }),
        Contains("split.count: one part of a model: expected one file") && Contains("found 2 parts"));
}
