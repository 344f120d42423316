// SPDX-License-Identifier: Apache-2.0
/// \file
/// The chat template in a model's files: `tokenizer.chat_template` of a GGUF file; of a Hugging Face folder
/// `chat_template.jinja`, or `chat_template` in `tokenizer_config.json` or `chat_template.json`.
#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <coco/core/error.hpp>
#include <coco/io/gguf.hpp>
#include <coco/io/jinja.hpp>
#include <coco/io/json.hpp>
#include <coco/io/mapped_file.hpp>
#include <coco/text/chat.hpp>

namespace coco::io {

/// A template and the special tokens it may name. Const member functions are thread-safe.
class ChatTemplate {
public:
    /// \param where  names the template in errors
    /// \throws Error, which names the line, for what is not Jinja or not supported
    ChatTemplate(std::string_view source, const std::string& where) : template_(source, where) {}

    /// A special token under the name by which the template knows it: "bos_token", "eos_token", ...
    void set_token(const std::string& name, std::string_view token) { variables_[name] = std::string(token); }

    /// The conversation as text. Variables are those of transformers' `apply_chat_template`.
    /// \throws Error as `jinja::Template::render` and `text::check_messages`
    std::string render(std::span<const text::Message> messages, text::Answer answer = text::Answer::awaited,
                       text::Thinking thinking = text::Thinking::on) const {
        text::check_messages(messages);
        jinja::Value variables = variables_;
        variables["messages"] = jinja::Value::array();
        for (const text::Message& message : messages)
            variables["messages"].push_back({{"role", message.role}, {"content", message.content}});
        variables["add_generation_prompt"] = answer == text::Answer::awaited;
        if (thinking == text::Thinking::off) variables["enable_thinking"] = false;
        variables["tools"] = variables["documents"] = nullptr;
        return template_.render(variables);
    }

private:
    jinja::Template template_;
    jinja::Value variables_ = jinja::Value::object();
};

/// The template of a GGUF file; none if it has none. \throws Error as the constructor
inline std::optional<ChatTemplate> chat_template_of(const Gguf& file) {
    static constexpr const char* key = "tokenizer.chat_template";
    if (!file.has(key)) return {};
    ChatTemplate chat(file.string(key), text_of(file.path(), ": ", key));
    static constexpr const char* tokens = "tokenizer.ggml.tokens";
    if (!file.has(tokens)) return chat;
    for (const auto& [id_key, name] : {std::pair("tokenizer.ggml.bos_token_id", "bos_token"),
                                       std::pair("tokenizer.ggml.eos_token_id", "eos_token"),
                                       std::pair("tokenizer.ggml.padding_token_id", "pad_token"),
                                       std::pair("tokenizer.ggml.unknown_token_id", "unk_token")}) {
        if (!file.has(id_key)) continue;
        const std::int64_t id = file.integer(id_key);
        if (id >= 0 && id < static_cast<std::int64_t>(file.strings(tokens).size()))
            chat.set_token(name, file.strings(tokens)[static_cast<std::size_t>(id)]);
    }
    return chat;
}

/// The template of a Hugging Face folder; none if it has none. \throws Error as the constructor
inline std::optional<ChatTemplate> chat_template_of(const std::filesystem::path& folder) {
    const auto config_file = folder / "tokenizer_config.json", own = folder / "chat_template.jinja",
               other = folder / "chat_template.json";
    std::optional<ChatTemplate> chat;
    const auto take = [&](const JsonObject& json) {
        if (chat || !json.has("chat_template")) return;
        const auto& value = json.value().at("chat_template");
        if (!value.is_array()) {
            chat.emplace(json.string("chat_template"), json.where("chat_template"));
            return;
        }
        // Several, each with a name: the one named "default" is for plain conversations.
        for (const auto& entry : value)
            if (entry.is_object() && entry.value("name", "") == "default" && entry.contains("template") &&
                entry.at("template").is_string())
                chat.emplace(entry.at("template").get<std::string>(), json.where("chat_template: default"));
        require(chat.has_value(), json.where("chat_template"), "none of the templates is for conversations",
                "one named default");
    };
    if (std::filesystem::is_regular_file(own)) {
        const MappedFile file(own);
        const auto bytes = file.bytes();
        chat.emplace(std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()),
                     file.path());
    }
    if (std::filesystem::is_regular_file(config_file)) {
        const JsonObject json = JsonObject::open(config_file);
        take(json);
        for (const char* name : {"bos_token", "eos_token", "pad_token", "unk_token"})
            if (chat && json.has(name))
                chat->set_token(name, json.value().at(name).is_object() ? json.object(name).string("content")
                                                                        : json.string(name));
    }
    if (std::filesystem::is_regular_file(other)) take(JsonObject::open(other));
    return chat;
}

}  // namespace coco::io
