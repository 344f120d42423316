// SPDX-License-Identifier: Apache-2.0
/// \file
/// Encodes many texts with one tokenizer and remembers the words it has met: titles repeat theirs.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <coco/core/config.hpp>
#include <coco/text/tokenizer.hpp>

namespace coco::text {

/// Gives the ids that `Tokenizer::encode` gives. Not for several threads at once; each may have its own.
class Encoder {
public:
    /// \param tokenizer  must outlive this
    explicit Encoder(const Tokenizer& tokenizer) : tokenizer_(&tokenizer) {}

    /// Appends the ids of a text to `ids`.
    void operator()(std::string_view text, std::vector<Id>& ids, Special special = Special::recognised) {
        tokenizer_->cut(
            text, special, [&](Id id) { ids.push_back(id); },
            [&](std::string_view word) { append(word, ids); });
    }

    std::vector<Id> operator()(std::string_view text, Special special = Special::recognised) {
        std::vector<Id> ids;
        (*this)(text, ids, special);
        return ids;
    }

private:
    // Bounds of what is remembered: some ten megabytes, however long and odd the texts.
    static constexpr std::size_t most_words = 1 << 16, longest_word = 64;

    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view word) const { return std::hash<std::string_view>()(word); }
    };

    void append(std::string_view word, std::vector<Id>& ids) {
        const auto found = known_.find(word);
        if (found != known_.end()) {
            ids.insert(ids.end(), found->second.begin(), found->second.end());
            return;
        }
        tokenizer_->encode_word(word, word_ids_);
        ids.insert(ids.end(), word_ids_.begin(), word_ids_.end());
        if (word.size() <= longest_word && known_.size() < most_words) known_.emplace(word, word_ids_);
    }

    const Tokenizer* tokenizer_;
    std::unordered_map<std::string, std::vector<Id>, Hash, std::equal_to<>> known_;
    std::vector<Id> word_ids_;
};

}  // namespace coco::text
