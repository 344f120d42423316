// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <coco/text/pre_tokenize.hpp>

using coco::text::convention_of;

TEST_CASE("pre-tokenisation rules by their names in GGUF files") {
    CHECK(convention_of("smollm")->split == coco::text::Smollm::split);
    CHECK_FALSE(convention_of("smollm")->nfc);
    CHECK(convention_of("gpt-2")->split == coco::text::Gpt2::split);
    CHECK(convention_of("qwen2")->split == coco::text::Qwen2::split);
    CHECK(convention_of("qwen2")->nfc);
    for (const char* name : {"llama-bpe", "llama3", "llama-v3"}) {
        CHECK(convention_of(name)->split == coco::text::Llama3::split);
        CHECK(convention_of(name)->whole_words);
    }
    CHECK(convention_of("no such rule") == nullptr);
    CHECK(convention_of("deepseek-r1-qwen")->split == coco::text::Qwen2::split);
    CHECK_FALSE(convention_of("deepseek-r1-qwen")->nfc);
    CHECK(convention_of("refact")->split == coco::text::Smollm::split);
    CHECK(convention_of("command-r")->split == coco::text::Smollm::split);
    CHECK(convention_of("command-r")->nfc);
    CHECK(convention_of("olmo")->split == coco::text::Gpt2::split);
    CHECK(convention_of("olmo")->nfc);
    // Rules of their own, or rules whose models' normal form is not known.
    for (const char* name :
         {"", "default", "deepseek-llm", "tekken", "gpt-4o", "qwen35", "smaug-bpe", "falcon3"})
        CHECK(convention_of(name) == nullptr);
}
