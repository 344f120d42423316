// SPDX-License-Identifier: Apache-2.0
/// \file
/// A WordPiece tokenizer (Schuster and Nakajima, 2012; BERT): a text is cut into words, and each word into
/// the longest tokens of the vocabulary from left to right. A word that cannot be covered is one unknown
/// token.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <coco/core/error.hpp>
#include <coco/core/types.hpp>
#include <coco/core/utf8.hpp>
#include <coco/text/bert_rule.hpp>
#include <coco/text/special_tokens.hpp>
#include <coco/text/tokenizer.hpp>

namespace coco::text {

/// The contents of a WordPiece tokenizer.
struct WordPieceVocabulary {
    std::string source;                          ///< origin, for error messages
    std::vector<std::string> tokens;             ///< by id; "" for unused ids
    std::string unknown = "[UNK]";               ///< for a word that the vocabulary does not cover
    std::string begin = "[CLS]", end = "[SEP]";  ///< around a sentence
    std::string continuation = "##";             ///< before tokens that continue a word
    Index longest_word = 100;                    ///< characters; a longer word is unknown
    std::vector<Id> special;                     ///< tokens found in raw text
    BertRule rule;
};

/// Immutable once built; one tokenizer may be used by any number of threads. Movable, not copyable.
class WordPiece {
public:
    /// \throws Error naming the token: one that occurs twice, or no unknown, begin or end token among them
    explicit WordPiece(WordPieceVocabulary vocabulary)
        : tokens_(std::move(vocabulary.tokens)),
          longest_word_(vocabulary.longest_word),
          rule_(vocabulary.rule) {
        const std::string& source = vocabulary.source;
        require(longest_word_ >= 1, source + ": longest word", "too small", "at least 1",
                text_of(longest_word_));
        ids_.reserve(tokens_.size());
        for (std::size_t id = 0; id < tokens_.size(); ++id) {
            const std::string_view token = tokens_[id];
            if (token.empty()) continue;
            if (!ids_.emplace(token, static_cast<Id>(id)).second)
                throw Error(text_of(source, ": token ", id), "token occurs twice", {}, std::string(token));
            if (token.starts_with(vocabulary.continuation) && token.size() > vocabulary.continuation.size()) {
                const std::string_view rest = token.substr(vocabulary.continuation.size());
                continuing_.emplace(rest, static_cast<Id>(id));
                longest_token_ = std::max(longest_token_, rest.size());
            }
            longest_token_ = std::max(longest_token_, token.size());
        }
        const auto known = [&](const std::string& token, const char* purpose) {
            const Id id = id_of(token);
            require(id != no_id, source, text_of("no token for ", purpose, " in the vocabulary"), token);
            return id;
        };
        unknown_ = known(vocabulary.unknown, "unknown words");
        begin_ = known(vocabulary.begin, "the begin of a text");
        end_ = known(vocabulary.end, "the end of a text");
        for (const Id id : vocabulary.special) {
            require(id >= 0 && id < size() && !token(id).empty(), text_of(source, ": token ", id),
                    "cannot be a special token");
            special_.add(token(id), id);
        }
    }
    WordPiece(WordPiece&&) noexcept = default;
    WordPiece& operator=(WordPiece&&) noexcept = default;

    Id size() const { return static_cast<Id>(tokens_.size()); }
    /// The id of a token as written in the vocabulary, or `no_id`.
    Id id_of(std::string_view token) const { return found(ids_, token); }
    /// A token as written in the vocabulary; empty for an unused id. \throws Error for an id out of range
    const std::string& token(Id id) const {
        require(id >= 0 && id < size(), "tokenizer", "no such token", text_of("0 to ", size() - 1),
                text_of(id));
        return tokens_[static_cast<std::size_t>(id)];
    }

    /// The ids of a text; no begin or end ids are added. Special tokens in it (`[MASK]`) are found first, or
    /// read as plain characters: for text by other authors use `ordinary`.
    std::vector<Id> encode(std::string_view text, Special special = Special::recognised) const {
        std::vector<Id> ids;
        BertWords words(rule_);
        const auto ordinary = [&](std::string_view part) {
            words(part, [&](std::string_view word) { append(word, ids); });
        };
        if (special == Special::recognised && !special_.empty())
            special_.find(
                text, [&](Id id) { ids.push_back(id); }, ordinary);
        else
            ordinary(text);
        return ids;
    }

    /// The ids of a text between those of begin and end, cut short to `most` ids with these two.
    /// \throws Error if `most` is below 2
    std::vector<Id> sentence(std::string_view text, Index most, Special special = Special::recognised) const {
        require(most >= 2, "tokenizer: longest sentence", "too small", "at least 2", text_of(most));
        std::vector<Id> ids = encode(text, special);
        ids.resize(std::min(ids.size(), static_cast<std::size_t>(most) - 2));
        ids.insert(ids.begin(), begin_);
        ids.push_back(end_);
        return ids;
    }

private:
    using Ids = std::unordered_map<std::string_view, Id>;  // keys point into tokens_

    static Id found(const Ids& ids, std::string_view token) {
        const auto at = ids.find(token);
        return at == ids.end() ? no_id : at->second;
    }

    /// Appends the tokens of one word, valid UTF-8.
    void append(std::string_view word, std::vector<Id>& ids) const {
        const auto starts_character = [&](std::size_t at) {
            return at == word.size() || (static_cast<unsigned char>(word[at]) & 0xC0) != 0x80;
        };
        Index characters = 0;
        for (std::size_t at = 0; at < word.size(); ++at) characters += starts_character(at);
        const std::size_t before = ids.size();
        for (std::size_t at = 0; at < word.size() && characters <= longest_word_;) {
            std::size_t end = std::min(word.size(), at + longest_token_);
            Id id = no_id;
            for (; end > at; --end) {
                if (!starts_character(end)) continue;
                id = found(at == 0 ? ids_ : continuing_, word.substr(at, end - at));
                if (id != no_id) break;
            }
            if (id == no_id) break;
            ids.push_back(id);
            at = end;
            if (at == word.size()) return;
        }
        ids.resize(before);
        ids.push_back(unknown_);
    }

    std::vector<std::string> tokens_;
    Ids ids_, continuing_;
    std::size_t longest_token_ = 0;  // bytes
    Index longest_word_;
    BertRule rule_;
    Id unknown_ = no_id, begin_ = no_id, end_ = no_id;
    SpecialTokens special_;
};

}  // namespace coco::text
