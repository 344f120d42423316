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
}
