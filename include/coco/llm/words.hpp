// SPDX-License-Identifier: Apache-2.0
/// \file
/// The simplest tokenizer: a token is a word of the texts it was made from.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <coco/core/types.hpp>

namespace coco::llm {

/// Words are runs of letters and digits, lower-cased where they are ASCII; bytes beyond ASCII count as
/// letters. Ids go by first appearance from 1; 0 stands for every other word. Const use is re-entrant.
class Words {
public:
    /// Learns the words of a text.
    void add(std::string_view text) {
        each(text, [&](std::string word) { id_.emplace(std::move(word), static_cast<Id>(id_.size()) + 1); });
    }

    /// Ids, the unknown word's among them.
    Index size() const { return static_cast<Index>(id_.size()) + 1; }

    std::vector<Id> encode(std::string_view text) const {
        std::vector<Id> ids;
        each(text, [&](const std::string& word) {
            const auto found = id_.find(word);
            ids.push_back(found == id_.end() ? 0 : found->second);
        });
        return ids;
    }

private:
    template <class OnWord>
    static void each(std::string_view text, OnWord on_word) {
        std::string word;
        const auto end = [&] {
            if (!word.empty()) on_word(word);
            word.clear();
        };
        for (const char c : text) {
            const bool upper = c >= 'A' && c <= 'Z';
            if (upper || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                static_cast<unsigned char>(c) >= 128)
                word.push_back(upper ? static_cast<char>(c - 'A' + 'a') : c);
            else
                end();
        }
        end();
    }

    std::unordered_map<std::string, Id> id_;
};

}  // namespace coco::llm
