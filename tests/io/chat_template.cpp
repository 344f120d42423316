// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include <coco/io/chat_template.hpp>

#include "support.hpp"

using namespace support;
using Catch::Matchers::Contains;
using coco::io::chat_template_of;
using coco::text::Message;

namespace {

const std::vector<Message> question = {{"user", "Hi"}};
const std::string own =
    "{{ bos_token }}{% for m in messages %}<{{ m.role }}>{{ m.content }}{{ eos_token }}{% endfor %}";

}  // namespace

TEST_CASE("chat template: of a GGUF file, with its special tokens") {
    const Folder folder;
    GgufBytes file;
    file.entry("tokenizer.chat_template", own);
    file.entry("tokenizer.ggml.tokens", std::vector<std::string>{"<s>", "a", "</s>"});
    file.entry("tokenizer.ggml.bos_token_id", 0u).entry("tokenizer.ggml.eos_token_id", 2u);
    const auto chat = chat_template_of(coco::io::Gguf(write(folder / "a.gguf", file.bytes())));
    REQUIRE(chat.has_value());
    CHECK(chat->render(question) == "<s><user>Hi</s>");
    CHECK_THROWS_AS(chat->render({}), coco::Error);
    CHECK_FALSE(chat_template_of(coco::io::Gguf(write(folder / "b.gguf", GgufBytes().bytes()))).has_value());
    // An id that is no token: the template writes nothing for it, as for a name that is not set.
    file.entries[2] = GgufBytes().entry("tokenizer.ggml.bos_token_id", 0xffffffffu).entries[0];
    CHECK(chat_template_of(coco::io::Gguf(write(folder / "c.gguf", file.bytes())))->render(question) ==
          "<user>Hi</s>");
}

TEST_CASE("chat template: of a folder, in each of its files") {
    const Folder none, config, several, jinja, broken;
    CHECK_FALSE(chat_template_of(none.path()).has_value());
    const std::string tokens = R"("bos_token": {"content": "<b>", "lstrip": false}, "eos_token": "<e>")";
    const std::string quoted = nlohmann::json(own).dump();
    write(config / "tokenizer_config.json", "{" + tokens + R"(, "chat_template": )" + quoted + "}");
    CHECK(chat_template_of(config.path())->render(question) == "<b><user>Hi<e>");
    write(
        several / "tokenizer_config.json",
        "{" + tokens +
            R"(, "chat_template": [{"name": "tool_use", "template": "x"}, {"name": "default", "template": )" +
            quoted + "}]}");
    CHECK(chat_template_of(several.path())->render(question) == "<b><user>Hi<e>");
    write(jinja / "chat_template.jinja", "own: {{ messages[0].content }}{{ eos_token }}\n");
    write(jinja / "tokenizer_config.json", "{" + tokens + R"(, "chat_template": "other"})");
    CHECK(chat_template_of(jinja.path())->render(question) == "own: Hi<e>");
    write(broken / "tokenizer_config.json", R"({"chat_template": "{% for %}"})");
    CHECK_THAT(error_of([&] { chat_template_of(broken.path()); }),
               Contains("tokenizer_config.json: chat_template:1: expected a name"));
    write(broken / "tokenizer_config.json", R"({"chat_template": [{"name": "rag", "template": "x"}]})");
    CHECK_THAT(error_of([&] { chat_template_of(broken.path()); }), Contains("one named default"));
}

TEST_CASE("chat template: SmolLM2's file gives the texts of transformers") {
    const auto path = smollm2();
    if (path.empty()) {
        std::cout << "SKIPPED: no SmolLM2 GGUF in the cache\n";
        return;
    }
    const auto chat = chat_template_of(coco::io::Gguf(path));
    REQUIRE(chat.has_value());
    std::ifstream in(std::string(COCO_TEST_DIR) + "/fixtures/chat_templates.json");
    for (const auto& example : nlohmann::json::parse(in)) {
        if (example.at("family") != "smollm2") continue;
        std::vector<Message> messages;
        for (const auto& message : example.at("messages"))
            messages.push_back({message.at("role"), message.at("content")});
        CHECK(chat->render(messages, example.at("awaited") ? coco::text::Answer::awaited
                                                           : coco::text::Answer::none) == example.at("text"));
    }
}
