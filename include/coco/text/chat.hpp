// SPDX-License-Identifier: Apache-2.0
/// \file
/// Formats conversations as the texts that chat models were trained on, as the chat templates in the models'
/// files do, except for tool calls. The texts contain special tokens, so they are encoded with
/// `Special::recognised`. A message from an unknown author should contain none (`Tokenizer::has_special`).
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include <coco/core/error.hpp>
#include <coco/core/utf8.hpp>
#include <coco/text/character_class.hpp>

namespace coco::text {

struct Message {
    std::string role;  ///< "system", "user" or "assistant"
    std::string content;
};

/// Whether the text ends where the assistant's answer is to begin.
enum class Answer { awaited, none };
/// Whether the answer may begin with thoughts. With `off`, the text ends with an empty block of thoughts.
enum class Thinking { on, off };

/// \throws Error if there is no message or a message has another role
inline void check_messages(std::span<const Message> messages) {
    if (messages.empty()) throw Error("chat", "no messages");
    for (std::size_t i = 0; i < messages.size(); ++i)
        if (const std::string& role = messages[i].role;
            role != "system" && role != "user" && role != "assistant")
            throw Error(text_of("chat: message ", i), "unknown role", "system, user or assistant", role);
}

/// One turn of ChatML.
inline std::string chatml_turn(std::string_view role, std::string_view content) {
    return text_of("<|im_start|>", role, '\n', content, "<|im_end|>\n");
}

/// ChatML. \param system  system message in front if the first message is not one; empty: none is added
/// \throws Error as `check_messages`
inline std::string chatml(std::span<const Message> messages, Answer answer, std::string_view system = {}) {
    check_messages(messages);
    std::string text;
    if (!system.empty() && messages.front().role != "system") text += chatml_turn("system", system);
    for (const Message& message : messages) text += chatml_turn(message.role, message.content);
    if (answer == Answer::awaited) text += "<|im_start|>assistant\n";
    return text;
}

/// Conversation format of SmolLM2. \throws Error as `check_messages`
inline std::string smollm2_chat(std::span<const Message> messages, Answer answer = Answer::awaited) {
    return chatml(messages, answer, "You are a helpful AI assistant named SmolLM, trained by Hugging Face");
}

/// Conversation format of Qwen 2.5. \throws Error as `check_messages`
inline std::string qwen2_chat(std::span<const Message> messages, Answer answer = Answer::awaited) {
    return chatml(messages, answer, "You are Qwen, created by Alibaba Cloud. You are a helpful assistant.");
}

/// A text without leading and trailing line ends.
inline std::string_view without_line_ends(std::string_view text) {
    const std::size_t first = std::min(text.find_first_not_of('\n'), text.size());
    return text.substr(first, text.find_last_not_of('\n') + 1 - first);
}

/// Conversation format of Qwen 3. Thoughts ("<think>...</think>") of the assistant are kept only in the turns
/// after the last question. \throws Error as `check_messages`
inline std::string qwen3_chat(std::span<const Message> messages, Answer answer = Answer::awaited,
                              Thinking thinking = Thinking::on) {
    constexpr std::string_view open = "<think>", close = "</think>";
    check_messages(messages);
    const auto is_question = [](const Message& message) {
        const std::string_view content = message.content;
        return message.role == "user" &&
               !(content.starts_with("<tool_response>") && content.ends_with("</tool_response>"));
    };
    std::size_t last_question = messages.size() - 1;
    for (std::size_t i = messages.size(); i-- > 0;)
        if (is_question(messages[i])) {
            last_question = i;
            break;
        }
    std::string text;
    for (std::size_t i = 0; i < messages.size(); ++i) {
        const auto& [role, content] = messages[i];
        std::string_view said = content, thought;
        if (const std::size_t end = content.find(close); role == "assistant" && end != std::string::npos) {
            thought = said.substr(0, end);
            thought = thought.substr(0, thought.find_last_not_of('\n') + 1);
            if (const std::size_t begin = thought.rfind(open); begin != std::string_view::npos)
                thought.remove_prefix(begin + open.size());
            said.remove_prefix(said.rfind(close) + close.size());
            said.remove_prefix(std::min(said.find_first_not_of('\n'), said.size()));
        }
        const bool last = i + 1 == messages.size();
        if (role == "assistant" && i > last_question && (last || !without_line_ends(thought).empty())) {
            said.remove_prefix(std::min(said.find_first_not_of('\n'), said.size()));
            text +=
                chatml_turn(role, text_of("<think>\n", without_line_ends(thought), "\n</think>\n\n", said));
        } else {
            text += chatml_turn(role, said);
        }
    }
    if (answer == Answer::awaited) text += "<|im_start|>assistant\n";
    if (answer == Answer::awaited && thinking == Thinking::off) text += "<think>\n\n</think>\n\n";
    return text;
}

/// A text without leading and trailing white space, as defined by Python's `strip`.
inline std::string_view without_white_space(std::string_view text) {
    std::size_t begin = text.size(), end = 0;
    for (std::size_t at = 0; at < text.size();) {
        const CodePoint point = code_point(text, at);
        const bool white =
            class_of(point.value) == CharacterClass::space || (point.value >= 0x1c && point.value <= 0x1f);
        if (!white) begin = std::min(begin, at);
        at += point.bytes;
        if (!white) end = at;
    }
    return end == 0 ? std::string_view() : text.substr(begin, end - begin);
}

/// Conversation format of Llama 3, with begin-of-text token. \throws Error as `check_messages`
inline std::string llama3_chat(std::span<const Message> messages, Answer answer = Answer::awaited) {
    check_messages(messages);
    std::string text = "<|begin_of_text|>";
    for (const Message& message : messages)
        text += text_of("<|start_header_id|>", message.role, "<|end_header_id|>\n\n",
                        without_white_space(message.content), "<|eot_id|>");
    if (answer == Answer::awaited) text += "<|start_header_id|>assistant<|end_header_id|>\n\n";
    return text;
}

}  // namespace coco::text
