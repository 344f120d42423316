// SPDX-License-Identifier: Apache-2.0
// Greedy continuations of real models against transformers with the same decoded weights
// (fixtures/generation.py): Llama's architecture by SmolLM2, Qwen2's by the file that COCO_QWEN_GGUF names.
#include <catch2/catch.hpp>
#include <coco/io/safetensors.hpp>
#include <coco/llm/generate.hpp>
#include <coco/llm/open.hpp>
#include <cstdlib>
#include <iostream>
#include <string>

#include "conformance/policy_under_test.hpp"
#include "io/support.hpp"
#include "llm/support.hpp"

using namespace support;

namespace {

template <class Storage>
void writes_what_transformers_writes(const std::filesystem::path& model, const std::string& fixture) {
    const coco::io::Safetensors file(std::string(COCO_TEST_DIR) + "/fixtures/" + fixture);
    const auto list = [&](const char* name) { return file.get<std::int32_t>(name, file.tensor(name).shape); };
    const auto prompt = list("prompt"), offsets = list("offsets"), written = list("written");
    std::vector<std::vector<Id>> prompts;
    for (std::size_t s = 0; s + 1 < offsets.size(); ++s)
        prompts.emplace_back(prompt.begin() + offsets[s], prompt.begin() + offsets[s + 1]);
    coco::llm::Source source = coco::llm::open(model);
    source.config.output_head = true;
    const Bench<coco::conformance::PolicyUnderTest<float>, coco::adapter::Frozen, Storage> bench(source, {},
                                                                                                 false, 2);
    coco::conformance::PolicyUnderTest<float> on =
        coco::conformance::policy<coco::conformance::PolicyUnderTest<float>>(2);
    coco::llm::Generation how;
    how.max_tokens = 20;
    const auto found = coco::llm::generate(on, bench.decoder, bench.parameters, bench.adapter, prompts, how);
    for (std::size_t s = 0; s < prompts.size(); ++s) {
        INFO(fixture << ", prompt " << s);
        CHECK(found[s] == std::vector<Id>(written.begin() + static_cast<std::ptrdiff_t>(20 * s),
                                          written.begin() + static_cast<std::ptrdiff_t>(20 * (s + 1))));
    }
}

}  // namespace

TEMPLATE_TEST_CASE("continuation: SmolLM2 generates the same text as in transformers", "[generate]",
                   coco::llm::storage::Float, coco::llm::storage::AsStored) {
    const auto path = smollm2();
    if (coco::conformance::too_long_sanitized()) return;
    if (path.empty())
        std::cout << "SKIPPED: no SmolLM2 GGUF in the cache\n";
    else
        writes_what_transformers_writes<TestType>(path, "smollm2_generation.safetensors");
}

TEST_CASE("continuation: Qwen2.5 generates the same text as in transformers", "[generate]") {
    const char* const path = std::getenv("COCO_QWEN_GGUF");
    if (coco::conformance::too_long_sanitized()) return;
    if (path == nullptr)
        std::cout << "SKIPPED: COCO_QWEN_GGUF does not name Qwen2.5-Coder-0.5B-Instruct's Q4_K_M file\n";
    else
        writes_what_transformers_writes<coco::llm::storage::AsStored>(path, "qwen2.5_generation.safetensors");
}
