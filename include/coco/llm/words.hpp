// SPDX-License-Identifier: Apache-2.0
/// \file
/// A word-level tokenizer: a token is a word of the texts it was built from.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <coco/core/types.hpp>

namespace coco::llm {

/// Words are sequences of letters and digits; ASCII letters are lower-cased, and bytes beyond ASCII count as
/// letters. Ids are assigned by first appearance, from 1; 0 is the id of every other word. Const member
/// functions are thread-safe.
class WordTokenizer {
public:
    /// Adds the words of a text to the vocabulary.
    void add(std::string_view text) {
        each(text, [&](std::string word) { id_.emplace(std::move(word), static_cast<Id>(id_.size()) + 1); });
    }

    /// Number of ids, including that of the unknown word.
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
