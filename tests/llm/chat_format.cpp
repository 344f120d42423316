// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include <coco/io/gguf_tokenizer.hpp>
#include <coco/llm/chat_format.hpp>

#include "io/support.hpp"

using namespace support;
using Catch::Matchers::Contains;
using coco::llm::ChatFormat;
using coco::text::Message;

namespace {

const std::vector<Message> question = {{"user", "Hi"}};

/// A file with these special tokens, from id 1 on, and a template if one is given.
std::filesystem::path file_with(const Folder& folder, const std::vector<std::string>& special,
                                const std::string& chat = {}) {
    GgufBytes file;
    std::vector<std::string> tokens{"a"};
    std::vector<std::int32_t> kinds{1};
    for (const std::string& token : special) tokens.push_back(token), kinds.push_back(3);
    file.entry("tokenizer.ggml.model", "gpt2").entry("tokenizer.ggml.pre", "gpt-2");
    file.entry("tokenizer.ggml.tokens", tokens).entry("tokenizer.ggml.token_type", kinds);
    file.entry("tokenizer.ggml.merges", std::vector<std::string>{});
    if (!chat.empty()) file.entry("tokenizer.chat_template", chat);
    return write(folder / "model.gguf", file.bytes());
}

ChatFormat format_of(const std::filesystem::path& path) {
    return coco::llm::chat_format_of(path, coco::io::tokenizer_of(coco::io::Gguf(path)));
}

coco::Id end_of(const std::filesystem::path& path) {
    const auto tokenizer = coco::io::tokenizer_of(coco::io::Gguf(path));
    return coco::llm::chat_format_of(path, tokenizer).end_of_turn(tokenizer);
}

}  // namespace

TEST_CASE("chat format: the file's own template, and the token that ends a turn in it", "[llm]") {
    const Folder folder;
    const auto zephyr =
        file_with(folder, {"</s>", "<|user|>", "<|assistant|>"},
                  "{% for m in messages %}{{ '<|' + m.role + '|>\n' + m.content + '</s>\n' }}{% endfor %}"
                  "{% if add_generation_prompt %}<|assistant|>\n{% endif %}");
    CHECK(format_of(zephyr)(question) == "<|user|>\nHi</s>\n<|assistant|>\n");
    CHECK(end_of(zephyr) == 1);
    const auto spaced = file_with(folder, {"<end_of_turn>"},
                                  "{% for m in messages %}{{ m.content }} \n<end_of_turn>{% endfor %}");
    CHECK(end_of(spaced) == 1);
    const auto words =
        file_with(folder, {"<end>"}, "{% for m in messages %}{{ m.content }} a <end>{% endfor %}");
    CHECK(end_of(words) == coco::no_id);
    const auto silent = file_with(folder, {"<end>"}, "nothing of it");
    CHECK(end_of(silent) == coco::no_id);
    CHECK_THAT(error_of([&] { format_of(file_with(folder, {}, "{% macro x() %}{% endmacro %}")); }),
               Contains("model.gguf: tokenizer.chat_template:1: statement not supported: found macro"));
}

TEST_CASE("chat format: without a template by the tokens of the vocabulary, or an error", "[llm]") {
    const Folder folder;
    const auto chatml = file_with(folder, {"<|endoftext|>", "<|im_start|>", "<|im_end|>"});
    CHECK(format_of(chatml)(question) == "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n");
    CHECK(end_of(chatml) == 3);
    const auto llama = file_with(folder, {"<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"});
    CHECK(format_of(llama).name() == "llama3");
    CHECK(end_of(llama) == 3);
    CHECK_THAT(error_of([&] { format_of(file_with(folder, {"[INST]"})); }),
               Contains("model.gguf: no chat template, and no tokens of ChatML or Llama 3"));
}

TEST_CASE("chat format: by name", "[llm]") {
    for (const char* name : {"chatml", "smollm2", "qwen2", "qwen3", "llama3"})
        CHECK_FALSE(ChatFormat(name)(question).empty());
    CHECK_THAT(error_of([] { ChatFormat("alpaca"); }),
               Contains("unknown name: expected chatml, smollm2, qwen2, qwen3 or llama3, found alpaca"));
}
