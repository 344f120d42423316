// SPDX-License-Identifier: Apache-2.0
/// \file
/// How a model's conversations are written as text, and which token ends a turn: by the template in its
/// files; if they have none, by the tokens of its vocabulary; or by a format that the caller names.
#pragma once

#include <algorithm>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <coco/core/error.hpp>
#include <coco/io/chat_template.hpp>
#include <coco/llm/open.hpp>
#include <coco/text/chat.hpp>
#include <coco/text/tokenizer.hpp>

namespace coco::llm {

/// One format. Const member functions are thread-safe.
class ChatFormat {
public:
    static constexpr const char* names = "chatml, smollm2, qwen2, qwen3 or llama3";

    /// A format of `text/chat.hpp`. \throws Error unless the name is one of `names`
    explicit ChatFormat(std::string name) : name_(std::move(name)) {
        require(name_ == "chatml" || name_ == "smollm2" || name_ == "qwen2" || name_ == "qwen3" ||
                    name_ == "llama3",
                "chat format", "unknown name", names, name_);
    }
    /// The format of a file's own template.
    explicit ChatFormat(io::ChatTemplate own) : name_("the file's own template"), own_(std::move(own)) {}

    const std::string& name() const { return name_; }
    /// Whether it is the template of a model's file.
    bool is_own() const { return own_.has_value(); }

    /// The conversation as text with special tokens; encode it with `Special::recognised`.
    /// \throws Error as `io::ChatTemplate::render`
    std::string operator()(std::span<const text::Message> messages,
                           text::Answer answer = text::Answer::awaited,
                           text::Thinking thinking = text::Thinking::on) const {
        if (own_) return own_->render(messages, answer, thinking);
        if (name_ == "smollm2") return text::smollm2_chat(messages, answer);
        if (name_ == "qwen2") return text::qwen2_chat(messages, answer);
        if (name_ == "qwen3") return text::qwen3_chat(messages, answer, thinking);
        if (name_ == "llama3") return text::llama3_chat(messages, answer);
        return text::chatml(messages, answer);
    }

    /// The token that this format writes behind what the assistant says, or `no_id`. The model ends its
    /// answer with it, whatever the file's `eos_token_id` is.
    Id end_of_turn(const text::Tokenizer& tokenizer) const {
        const std::string_view said = "Yes";
        const std::vector<text::Message> messages = {{"user", "Is it?"}, {"assistant", std::string(said)}};
        const std::string text = (*this)(messages, text::Answer::none);
        const std::size_t at = text.rfind(said);
        if (at == std::string::npos) return no_id;
        Id found = no_id;
        bool words = false;
        tokenizer.cut(
            std::string_view(text).substr(at + said.size()), text::Special::recognised,
            [&](Id id) {
                if (found == no_id && !words) found = id;
            },
            [&](std::string_view word) { words = words || !text::without_white_space(word).empty(); });
        return found;
    }

private:
    std::string name_;
    std::optional<io::ChatTemplate> own_;
};

/// The format of a model's files. Without a template: Llama 3's, if the vocabulary has its tokens, or ChatML
/// without a default system message.
/// \throws Error if the template is not supported, or if there is neither template nor tokens
inline ChatFormat chat_format_of(const std::filesystem::path& path, const text::Tokenizer& tokenizer) {
    std::optional<io::ChatTemplate> own =
        kind_of(path) == ModelFile::gguf ? io::chat_template_of(io::Gguf(path)) : io::chat_template_of(path);
    if (own) return ChatFormat(std::move(*own));
    const auto has = [&](std::string_view token) { return tokenizer.id_of(token) != no_id; };
    if (has("<|start_header_id|>") && has("<|end_header_id|>") && has("<|eot_id|>"))
        return ChatFormat("llama3");
    if (has("<|im_start|>") && has("<|im_end|>")) return ChatFormat("chatml");
    throw Error(path.string(), "no chat template, and no tokens of ChatML or Llama 3");
}

}  // namespace coco::llm
