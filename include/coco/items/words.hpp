// SPDX-License-Identifier: Apache-2.0
/// \file
/// The words of a catalogue's texts, numbered without gaps, as `items::LearnedSemantic` takes them.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <coco/core/error.hpp>
#include <coco/io/file_digest.hpp>
#include <coco/nn/embedding_bag.hpp>

namespace coco::items {

/// Bags of words, one for each item, of ids below `vocabulary`.
struct Words {
    std::shared_ptr<const nn::Bags> bags;
    Index vocabulary = 0;
    std::string digest;  ///< of kappa and the bags
};

/// \param tokens  of each item's text, by any tokenizer
/// \param kappa   items x columns: an item of zeros has no direction that words could turn, and gets none
/// \throws Error where kappa is not that of as many items
[[gnu::cold]] inline Words words_of(std::span<const std::vector<Id>> tokens, std::span<const float> kappa) {
    require(!tokens.empty() && kappa.size() % tokens.size() == 0, "words", "not as many items as in kappa",
            text_of("a divisor of ", kappa.size()), text_of(tokens.size()));
    const std::size_t columns = kappa.size() / tokens.size();
    const auto is_read = [&](std::size_t item) {
        const std::span<const float> row = kappa.subspan(item * columns, columns);
        return std::any_of(row.begin(), row.end(), [](float x) { return x != 0; });
    };
    std::vector<Id> known;
    for (std::size_t i = 0; i < tokens.size(); ++i)
        if (is_read(i)) known.insert(known.end(), tokens[i].begin(), tokens[i].end());
    std::sort(known.begin(), known.end());
    known.erase(std::unique(known.begin(), known.end()), known.end());

    std::vector<std::vector<Id>> bags(tokens.size());
    for (std::size_t i = 0; i < tokens.size(); ++i)
        if (is_read(i))
            for (const Id token : tokens[i])
                bags[i].push_back(
                    static_cast<Id>(std::lower_bound(known.begin(), known.end(), token) - known.begin()));
    const Index vocabulary = static_cast<Index>(known.size());
    const auto all = std::make_shared<const nn::Bags>(bags, vocabulary);
    const auto sum = [](auto numbers) { return io::XXH64::of(std::as_bytes(numbers)); };
    return {all, vocabulary,
            text_of(sum(kappa), ", ", sum(std::span(all->offsets().at)), ", ", sum(all->ids()))};
}

}  // namespace coco::items
