// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <coco/llm/generation_config.hpp>
#include <string>

#include "io/support.hpp"

using namespace support;
using Catch::Matchers::Contains;
using coco::llm::Generation;

namespace {

struct Model {
    Folder folder;

    explicit Model(const std::string& generation = {}) {
        write(folder / "config.json", R"({"model_type": "qwen3", "eos_token_id": 7})");
        if (!generation.empty()) write(folder / "generation_config.json", generation);
    }
    Generation how() const { return coco::llm::generation_of(folder.path()); }
};

}  // namespace

TEST_CASE("generation settings are read from a model's folder", "[llm][generation]") {
    const Generation drawn = Model(R"({"do_sample": true, "temperature": 0.6, "top_k": 20, "top_p": 0.95,
                                       "eos_token_id": [4, 3], "repetition_penalty": 1.1})")
                                 .how();
    CHECK(drawn.temperature == 0.6);
    CHECK(drawn.top_k == 20);
    CHECK(drawn.top_p == 0.95);
    CHECK(drawn.repetition_penalty == 1.1);
    CHECK(drawn.stop == std::vector<coco::Id>{4, 3});
    const Generation unsaid = Model(R"({"do_sample": true, "eos_token_id": 4})").how();
    CHECK(unsaid.temperature == 1);
    CHECK(unsaid.top_k == 50);  // the default of transformers
    CHECK(unsaid.stop == std::vector<coco::Id>{4});
}

TEST_CASE("without generation settings decoding is greedy", "[llm][generation]") {
    CHECK(Model(R"({"temperature": 0.6})").how().temperature == 0);
    CHECK(Model(R"({"do_sample": false, "temperature": 0.6})").how().temperature == 0);
    CHECK(Model().how().temperature == 0);
    CHECK(Model().how().stop == std::vector<coco::Id>{7});  // of config.json
}

TEST_CASE("invalid generation settings are errors that name file and key", "[llm][generation]") {
    const Model hot(R"({"do_sample": true, "temperature": -1})"), word(R"({"eos_token_id": ["x"]})"),
        text(R"({"do_sample": true, "top_p": "most"})");
    CHECK_THAT(error_of([&] { hot.how(); }),
               Contains("generation_config.json") && Contains("generation.temperature: negative"));
    CHECK_THAT(error_of([&] { word.how(); }), Contains("eos_token_id: wrong type"));
    CHECK_THAT(error_of([&] { text.how(); }), Contains("top_p"));
}

TEST_CASE("generation settings that would draw in another way are refused by name", "[llm][generation]") {
    const auto fault = [](const std::string& text) { return error_of([&] { Model(text).how(); }); };
    CHECK(
        fault(
            R"({"num_beams": 1, "typical_p": 1.0, "min_p": 0.0, "no_repeat_ngram_size": 0, "bos_token_id": 4294967295,
                    "max_length": 9, "transformers_version": "4", "renormalize_logits": false, "new_thing": null})")
            .empty());
    for (const char* setting :
         {"\"num_beams\": 4", "\"min_p\": 0.1", "\"no_repeat_ngram_size\": 3", "\"suppress_tokens\": [1]",
          "\"renormalize_logits\": true", "\"new_thing\": 1"})
        CHECK_THAT(fault("{" + std::string(setting) + "}"),
                   Contains("generation_config.json") && Contains("not supported"));
}
