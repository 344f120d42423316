// SPDX-License-Identifier: Apache-2.0
/// \file
/// A byte-level BPE tokenizer: converts texts to ids and back. Special tokens are found first, then the text
/// between them is split into words, and byte pairs are merged within each word.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <coco/core/error.hpp>
#include <coco/core/types.hpp>
#include <coco/core/utf8.hpp>
#include <coco/text/byte_level.hpp>
#include <coco/text/merges.hpp>
#include <coco/text/nfc.hpp>
#include <coco/text/pre_tokenize.hpp>
#include <coco/text/special_tokens.hpp>

namespace coco::text {

/// The contents of a tokenizer.
struct Vocabulary {
    std::string source;               ///< origin, for error messages
    std::vector<std::string> tokens;  ///< by id, bytes as GPT-2's stand-ins; "" for unused ids
    std::vector<std::string> merges;  ///< "left right", in the order learnt
    bool by_rank = false;             ///< also merge any two tokens whose join is a token, lowest id first
    std::vector<Id> special;          ///< tokens found in raw text, before any other processing
    std::vector<Id> special_after_normalisation;  ///< tokens found after normalisation, before splitting
    PreTokenizer split = nullptr;
    bool nfc = false;          ///< texts are converted to normal form C
    bool whole_words = false;  ///< a word that is itself a token is encoded as that token, without merges
};

/// Whether special tokens in a text are recognised. For text by other authors (an item's title) use
/// `ordinary`.
enum class Special { recognised, ordinary };

/// Immutable once built; one tokenizer may be used by any number of threads. Movable, not copyable.
class Tokenizer {
public:
    /// \throws Error naming the token or merge: a duplicate token, a merge of unknown tokens or into one, an
    ///         invalid special id
    explicit Tokenizer(Vocabulary vocabulary)
        : tokens_(std::move(vocabulary.tokens)),
          is_special_(tokens_.size()),
          split_(vocabulary.split),
          nfc_(vocabulary.nfc),
          whole_words_(vocabulary.whole_words) {
        const std::string& source = vocabulary.source;
        if (split_ == nullptr) throw Error(source, "tokenizer without a rule for cutting texts into words");
        ids_.reserve(tokens_.size());
        for (std::size_t id = 0; id < tokens_.size(); ++id)
            if (!tokens_[id].empty() && !ids_.emplace(tokens_[id], static_cast<Id>(id)).second)
                throw Error(text_of(source, ": token ", id), "token occurs twice", {}, tokens_[id]);
        merges_.reserve(vocabulary.merges.size());
        for (std::size_t i = 0; i < vocabulary.merges.size(); ++i) add_merge(source, i, vocabulary.merges[i]);
        for (unsigned byte = 0; byte < 256; ++byte)
            byte_ids_[byte] = id_of(to_stand_ins(std::string(1, static_cast<char>(byte))));
        for (Id id : vocabulary.special) add_special(source, id, special_);
        for (Id id : vocabulary.special_after_normalisation) add_special(source, id, special_later_);
        for (Id id = 0; vocabulary.by_rank && id < size(); ++id) add_splits(id);
    }
    Tokenizer(Tokenizer&&) noexcept = default;
    Tokenizer& operator=(Tokenizer&&) noexcept = default;

    Id size() const { return static_cast<Id>(tokens_.size()); }
    /// The id of a token as written in the vocabulary, or `no_id`.
    Id id_of(std::string_view token) const {
        const auto found = ids_.find(token);
        return found == ids_.end() ? no_id : found->second;
    }
    /// A token as written in the vocabulary; empty for an unused id. \throws Error for an id out of range
    const std::string& token(Id id) const {
        if (id < 0 || id >= size())
            throw Error("tokenizer", "no such token", text_of("0 to ", size() - 1), text_of(id));
        return tokens_[static_cast<std::size_t>(id)];
    }

    /// Whether `encode` would find a special token in a text.
    bool has_special(std::string_view text) const {
        bool found = false;
        cut(
            text, Special::recognised, [&](Id) { found = true; }, [](std::string_view) {});
        return found;
    }

    /// Calls `on_special(id)` and `on_word(bytes)` for the parts of a text, from left to right. Invalid UTF-8
    /// is treated as U+FFFD. Linear in the length of the text.
    template <class OnSpecial, class OnWord>
    void cut(std::string_view text, Special special, OnSpecial on_special, OnWord on_word) const {
        const std::string valid = is_valid(text) ? std::string() : replaced_invalid(text);
        if (!valid.empty()) text = valid;
        std::string normal;
        std::vector<std::string_view> words;
        const auto ordinary = [&](std::string_view part) {
            words.clear();
            split_(part, words);
            for (std::string_view word : words) on_word(word);
        };
        const auto look_for = [&](const SpecialTokens& tokens, std::string_view part, const auto& on_rest) {
            if (special == Special::recognised && !tokens.empty())
                tokens.find(part, on_special, on_rest);
            else
                on_rest(part);
        };
        look_for(special_, text, [&](std::string_view part) {
            if (nfc_ && !is_surely_nfc(part)) part = normal = Nfc()(part);
            look_for(special_later_, part, ordinary);
        });
    }

    /// Replaces `ids` by the tokens of one word. A byte without a token is dropped, as in Hugging Face's
    /// `tokenizers`.
    void encode_word(std::string_view word, std::vector<Id>& ids) const {
        ids.clear();
        if (const Id id = whole_words_ ? id_of(to_stand_ins(word)) : no_id; id != no_id && !is_special(id)) {
            ids.push_back(id);
            return;
        }
        for (char byte : word)
            if (const Id id = byte_ids_[static_cast<unsigned char>(byte)]; id != no_id) ids.push_back(id);
        merges_.apply(ids);
    }

    /// The ids of a text; no begin or end ids are added. An `Encoder` is faster for many texts.
    std::vector<Id> encode(std::string_view text, Special special = Special::recognised) const {
        std::vector<Id> ids, word_ids;
        cut(
            text, special, [&](Id id) { ids.push_back(id); },
            [&](std::string_view word) {
                encode_word(word, word_ids);
                ids.insert(ids.end(), word_ids.begin(), word_ids.end());
            });
        return ids;
    }

    /// The text of ids; special tokens are written literally. Bytes that are not valid UTF-8 become U+FFFD.
    /// \throws Error for an id without a token
    std::string decode(std::span<const Id> ids) const {
        std::string bytes;
        for (Id id : ids) bytes += from_stand_ins(token(id));
        return replaced_invalid(bytes);
    }

private:
    void add_merge(const std::string& source, std::size_t number, std::string_view merge) {
        const auto refuse = [&](const char* problem, const char* expected, std::string_view found) {
            throw Error(text_of(source, ": merge ", number), problem, expected, std::string(found));
        };
        const std::size_t space = merge.find(' ');
        if (space == std::string_view::npos) refuse("broken merge", "left right", merge);
        const std::string_view left = merge.substr(0, space), right = merge.substr(space + 1);
        const std::string both = std::string(left).append(right);
        for (const std::string_view part : {left, right, std::string_view(both)})
            if (id_of(part) == no_id) refuse("merge names an unknown token", "", part);
        if (!merges_.add(id_of(left), id_of(right), id_of(both))) refuse("merge occurs twice", "", merge);
    }

    /// Adds all merges that give token `id`, all with the rank `id`.
    void add_splits(Id id) {
        if (is_special(id)) return;
        const std::string_view whole = token(id);
        for (std::size_t at = 0; at < whole.size();) {
            at += code_point(whole, at).bytes;
            const Id left = id_of(whole.substr(0, at)), right = id_of(whole.substr(at));
            if (left != no_id && right != no_id && !is_special(left) && !is_special(right))
                merges_.add(left, right, id, id);
        }
    }

    bool is_special(Id id) const { return is_special_[static_cast<std::size_t>(id)]; }

    void add_special(const std::string& source, Id id, SpecialTokens& to) {
        if (id < 0 || id >= size() || token(id).empty())
            throw Error(text_of(source, ": token ", id), "cannot be a special token");
        to.add(&to == &special_later_ && nfc_ ? nfc(token(id)) : token(id), id);
        is_special_[static_cast<std::size_t>(id)] = true;
    }

    std::vector<std::string> tokens_;
    std::unordered_map<std::string_view, Id> ids_;  // its keys point into tokens_
    Merges merges_;
    std::array<Id, 256> byte_ids_{};
    SpecialTokens special_, special_later_;
    std::vector<bool> is_special_;
    PreTokenizer split_;
    bool nfc_, whole_words_;
};

}  // namespace coco::text
