// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <coco/llm/open.hpp>
#include <string>

#include "io/support.hpp"

using Catch::Matchers::Contains;
using coco::llm::ModelFile;

TEST_CASE("a model is identified by its content, not by its name") {
    const support::Folder folder;
    const std::string hf = std::string(COCO_TEST_DIR) + "/fixtures/hf/qwen2";
    CHECK(coco::llm::kind_of(hf) == ModelFile::hugging_face);
    CHECK(coco::llm::open(hf).config.qkv_bias);
    CHECK(coco::llm::kind_of(support::write(folder / "a.safetensors", support::GgufBytes().bytes())) ==
          ModelFile::gguf);
    const auto error = [&](const auto& path) { return support::error_of([&] { coco::llm::open(path); }); };
    CHECK_THAT(error(hf + "/model.safetensors"), Contains("its folder, with config.json"));
    CHECK_THAT(error(support::write(folder / "a.gguf", "text")), Contains("not a language model"));
    CHECK_THAT(error(support::write(folder / "b.gguf", "")), Contains("not a language model"));
    CHECK_THAT(error(folder.path()), Contains("not a language model's folder"));
    CHECK_THAT(error(folder / "nothing"), Contains("nothing: cannot open"));
}
