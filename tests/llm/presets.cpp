// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <coco/llm/presets.hpp>

TEST_CASE("presets have as many parameters as the published models") {
    CHECK(coco::llm::parameter_count(coco::llm::qwen3_0_6b()) == 596'049'920);
    CHECK(coco::llm::parameter_count(coco::llm::qwen3_1_7b()) == 1'720'574'976);
    CHECK(coco::llm::parameter_count(coco::llm::qwen3_4b()) == 4'022'468'096);
    CHECK(coco::llm::parameter_count(coco::llm::qwen3_8b()) == 8'190'735'360);
    CHECK(coco::llm::parameter_count(coco::llm::smollm2_135m()) == 134'515'008);
    for (const auto& config : {coco::llm::qwen3_0_6b(), coco::llm::qwen3_1_7b(), coco::llm::qwen3_4b(),
                               coco::llm::qwen3_8b(), coco::llm::smollm2_135m()})
        CHECK_NOTHROW(config.check());
}
