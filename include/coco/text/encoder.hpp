// SPDX-License-Identifier: Apache-2.0
/// \file
/// Encodes many texts with one tokenizer and caches the ids of words, which repeat often in titles.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include <coco/core/types.hpp>
#include <coco/text/tokenizer.hpp>

namespace coco::text {

/// Gives the same ids as `Tokenizer::encode`. Not thread-safe; each thread may use its own encoder.
class Encoder {
public:
    /// \param tokenizer  must outlive this
    explicit Encoder(const Tokenizer& tokenizer) : tokenizer_(&tokenizer), entries_(256) {}

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
    // Bounds of the cache: about ten megabytes, whatever the texts.
    static constexpr std::size_t max_words = 1 << 16, longest_word = 64;

    /// A word (bytes in `words_`) and its ids (in `ids_`).
    struct Entry {
        std::uint32_t word = 0, word_bytes = 0, id = 0, ids = 0;
    };

    static std::uint64_t mixed(std::uint64_t a, std::uint64_t b) {
        a = (a ^ b) * 0x9E3779B97F4A7C15u;
        return a ^ (a >> 32);
    }
    static std::size_t hash(std::string_view word) {
        std::uint64_t sum = word.size(), part = 0;
        std::size_t at = 0;
        for (; at + sizeof part <= word.size(); at += sizeof part) {
            std::memcpy(&part, word.data() + at, sizeof part);
            sum = mixed(sum, part);
        }
        for (part = 0; at < word.size(); ++at) part = part << 8 | static_cast<unsigned char>(word[at]);
        return static_cast<std::size_t>(mixed(sum, part));
    }

    /// The slot of a word, or the free slot for it. At most half of the slots are used.
    Entry& entry_of(std::string_view word) {
        std::size_t at = hash(word) % entries_.size();
        while (entries_[at].word_bytes != 0 &&
               std::string_view(words_).substr(entries_[at].word, entries_[at].word_bytes) != word)
            at = (at + 1) % entries_.size();
        return entries_[at];
    }

    void append(std::string_view word, std::vector<Id>& ids) {
        const bool kept = word.size() <= longest_word;
        Entry& entry = kept ? entry_of(word) : none_;
        if (entry.word_bytes != 0) {
            const auto first = ids_.begin() + entry.id;
            ids.insert(ids.end(), first, first + entry.ids);
            return;
        }
        tokenizer_->encode_word(word, word_ids_);
        ids.insert(ids.end(), word_ids_.begin(), word_ids_.end());
        if (!kept || known_ == max_words) return;
        ++known_;
        entry = {static_cast<std::uint32_t>(words_.size()), static_cast<std::uint32_t>(word.size()),
                 static_cast<std::uint32_t>(ids_.size()), static_cast<std::uint32_t>(word_ids_.size())};
        words_ += word;
        ids_.insert(ids_.end(), word_ids_.begin(), word_ids_.end());
        if (2 * known_ > entries_.size()) grow();
    }

    void grow() {
        std::vector<Entry> old(2 * entries_.size());
        old.swap(entries_);
        for (const Entry& entry : old)
            if (entry.word_bytes != 0)
                entry_of(std::string_view(words_).substr(entry.word, entry.word_bytes)) = entry;
    }

    const Tokenizer* tokenizer_;
    std::vector<Entry> entries_;  // size is a power of two; linear probing
    Entry none_;
    std::string words_;
    std::vector<Id> ids_, word_ids_;
    std::size_t known_ = 0;
};

}  // namespace coco::text
