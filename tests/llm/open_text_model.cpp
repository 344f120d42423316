// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <coco/llm/generation_config.hpp>
#include <coco/llm/open_text_model.hpp>
#include <iostream>
#include <string>

#include "io/support.hpp"

using namespace support;
using Catch::Matchers::Contains;

namespace {

/// Writes a folder with a model's config and weights, and a tokenizer of few words.
void fill(const Folder& folder) {
    const std::string from = std::string(COCO_TEST_DIR) + "/fixtures/hf/qwen2/";
    for (const char* name : {"config.json", "model.safetensors"})
        std::filesystem::copy(from + name, folder / name);
    write(folder / "tokenizer.json",
          R"({"model": {"type": "BPE", "vocab": {"a": 0, "b": 1, "ab": 2, "Ġ": 3}, "merges": ["a b"]},
              "normalizer": null, "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false, "use_regex": true},
              "added_tokens": [{"id": 4, "content": "<end>", "special": true, "normalized": false,
                                "lstrip": false, "rstrip": false, "single_word": false}]})");
}

}  // namespace

TEST_CASE("text model: weights, tokenizer and digest of a folder", "[llm]") {
    const Folder folder, other;
    fill(folder);
    fill(other);
    const coco::llm::TextModel model = coco::llm::open_text_model(folder.path(), 1);
    CHECK(model.source.config.used() == 1);
    CHECK(model.encode("ab a") == std::vector<coco::Id>{2, 3, 0});
    CHECK(model.encode("<end>").size() != 1);
    CHECK(coco::llm::open_tokenizer(folder.path()).encode("<end>") == std::vector<coco::Id>{4});
    CHECK(model.digest == coco::llm::open_text_model(other.path(), 1).digest);
    CHECK(model.digest != coco::llm::open_text_model(folder.path()).digest);
    std::string weights = slurp(folder / "model.safetensors");
    weights.back() = static_cast<char>(weights.back() ^ 1);
    write(folder / "model.safetensors", weights);
    CHECK(model.digest != coco::llm::open_text_model(folder.path(), 1).digest);

    CHECK_THAT(error_of([&] { coco::llm::open_text_model(folder.path(), 3); }),
               Contains("llm.depth: out of range"));
    std::filesystem::remove(folder / "tokenizer.json");
    CHECK_THAT(error_of([&] { coco::llm::open_text_model(folder.path()); }),
               Contains("tokenizer.json: cannot open"));
}

TEST_CASE("text model: SmolLM2's file", "[llm]") {
    const auto path = smollm2();
    if (path.empty()) {
        std::cout << "SKIPPED: no SmolLM2 GGUF in the cache\n";
        return;
    }
    const coco::llm::TextModel model = coco::llm::open_text_model(path, 4);
    CHECK(model.source.config.vocabulary == 49152);
    CHECK(model.encode("<|im_end|>").size() > 1);
    CHECK(coco::llm::stop_tokens(path) == std::vector<coco::Id>{2});
    CHECK_THAT(model.digest, Contains(", 4 layers"));
}
