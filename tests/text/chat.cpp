// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include <coco/text/chat.hpp>

using namespace coco::text;

TEST_CASE("chat: texts equal those of the models' own templates by transformers") {
    std::ifstream in(std::string(COCO_TEST_DIR) + "/fixtures/chat_templates.json");
    const auto cases = nlohmann::json::parse(in);
    REQUIRE(cases.size() == 200);
    for (const auto& example : cases) {
        std::vector<Message> messages;
        for (const auto& message : example.at("messages"))
            messages.push_back({message.at("role"), message.at("content")});
        const Answer answer = example.at("awaited") ? Answer::awaited : Answer::none;
        const Thinking thinking = example.at("thinking") ? Thinking::on : Thinking::off;
        const std::string family = example.at("family"), expected = example.at("text");
        INFO(example.dump());
        CHECK((family == "smollm2" ? smollm2_chat(messages, answer)
               : family == "qwen2" ? qwen2_chat(messages, answer)
               : family == "qwen3" ? qwen3_chat(messages, answer, thinking)
                                   : llama3_chat(messages, answer)) == expected);
    }
}

TEST_CASE("chat: no messages, and unknown roles") {
    CHECK_THROWS_WITH(smollm2_chat({}), "chat: no messages");
    const std::vector<Message> messages = {{"user", "x"}, {"tool", "y"}};
    CHECK_THROWS_WITH(qwen3_chat(messages),
                      "chat: message 1: unknown role: expected system, user or assistant, found tool");
}
