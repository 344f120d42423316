// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

#include <coco/io/gguf_tokenizer.hpp>

#include "hard_strings.hpp"
#include "support.hpp"

using Catch::Matchers::Contains;
using coco::Id;
using coco::io::Gguf;

namespace {

support::GgufBytes small() {
    support::GgufBytes file;
    file.entry("tokenizer.ggml.model", "gpt2").entry("tokenizer.ggml.pre", "smollm");
    file.entry("tokenizer.ggml.tokens", std::vector<std::string>{"a", "b", "ab"});
    file.entry("tokenizer.ggml.token_type", std::vector<std::int32_t>{1, 1, 1});
    file.entry("tokenizer.ggml.merges", std::vector<std::string>{"a b"});
    return file;
}

std::string fault(const support::GgufBytes& bytes) {
    const support::Folder folder;
    const Gguf file(support::write(folder / "file.gguf", bytes.bytes()));
    return support::error_of([&] { coco::io::tokenizer_of(file); });
}

}  // namespace

TEST_CASE("GGUF tokenizer: hard strings, small vocabulary: the ids of Hugging Face's tokenizers") {
    support::check_hard_strings(
        coco::io::tokenizer_of(Gguf(std::string(COCO_TEST_DIR) + "/fixtures/tokenizer_small.gguf")), "small");
}

TEST_CASE("GGUF tokenizer: hard strings, SmolLM2: the ids and texts of Hugging Face's tokenizers") {
    const auto path = support::smollm2();
    if (path.empty()) {
        std::cout << "SKIPPED: no SmolLM2 GGUF in the cache\n";
        return;
    }
    const coco::text::Tokenizer tokenizer = coco::io::tokenizer_of(Gguf(path));
    support::check_hard_strings(tokenizer, "smollm2");
    for (const auto& example : support::hard_strings()) {
        const std::vector<Id> ids = example.at("smollm2");
        CHECK(tokenizer.decode(ids) == support::bytes_of_hex(example.at("decoded")));
    }
}

TEST_CASE("GGUF tokenizer: hard strings, Qwen: the ids and texts of Hugging Face's tokenizers") {
    const char* path = std::getenv("COCO_QWEN_GGUF");
    if (path == nullptr) {
        std::cout << "SKIPPED: COCO_QWEN_GGUF names no file\n";
        return;
    }
    const coco::text::Tokenizer tokenizer = coco::io::tokenizer_of(Gguf(path));
    support::check_hard_strings(tokenizer, "qwen");
    for (const auto& example : support::hard_strings()) {
        const std::vector<Id> ids = example.at("qwen");
        CHECK(tokenizer.decode(ids) == support::bytes_of_hex(example.at("normal")));
    }
}

TEST_CASE("GGUF tokenizer: files without a tokenizer that can be built") {
    CHECK(fault(small()).empty());
    support::GgufBytes file = small();
    file.entries[0].back() = '3';
    CHECK_THAT(fault(file), Contains("tokenizer.ggml.model") && Contains("expected gpt2, found gpt3"));
    file = small();
    file.entries[1].back() = 'n';
    CHECK_THAT(fault(file), Contains("tokenizer.ggml.pre") && Contains("found smolln"));
    file = small();
    file.entries[3] =
        support::GgufBytes().entry("tokenizer.ggml.token_type", std::vector<std::int32_t>{1}).entries[0];
    CHECK_THAT(fault(file), Contains("token_type: wrong number of types: expected 3, found 1"));
    file = small();
    file.entries[4] =
        support::GgufBytes().entry("tokenizer.ggml.merges", std::vector<std::string>{"b a"}).entries[0];
    CHECK_THAT(fault(file), Contains("file.gguf: merge 0") && Contains("unknown token") && Contains("ba"));
    file = small();
    file.entries.pop_back();
    CHECK_THAT(fault(file), Contains("tokenizer.ggml.merges"));
}

TEST_CASE("GGUF tokenizer: each key is used, changes no id, or is refused by name") {
    support::GgufBytes file = small();
    for (const char* name : {"bos", "eos", "eot", "eom", "padding", "unknown", "fim_pre"})
        file.entry(std::string("tokenizer.ggml.") + name + "_token_id", 0xffffffffu);
    const auto flag = [](support::GgufBytes& to, const char* key, bool value) {
        to.entry(key, 7, support::bytes_of(static_cast<char>(value)));
    };
    flag(file, "tokenizer.ggml.add_bos_token", true);
    flag(file, "tokenizer.ggml.add_space_prefix", false);
    file.entry("tokenizer.chat_template", "x")
        .entry("tokenizer.chat_template.tool_use", "y")
        .entry("general.name", "z");
    CHECK(fault(file).empty());
    for (const char* key : {"tokenizer.ggml.add_space_prefix", "tokenizer.ggml.remove_extra_whitespaces"}) {
        file = small();
        flag(file, key, true);
        CHECK_THAT(fault(file), Contains(std::string(key) + ": not supported: expected false, found true"));
    }
    for (const char* key : {"tokenizer.ggml.precompiled_charsmap", "tokenizer.ggml.normalizer.lowercase",
                            "tokenizer.ggml.added_tokens"}) {
        file = small();
        file.entry(key, "x");
        CHECK_THAT(fault(file), Contains(std::string(key) + ": not supported"));
    }
}
