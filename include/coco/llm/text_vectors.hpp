// SPDX-License-Identifier: Apache-2.0
/// \file
/// Text vectors of items without running a language model: the mean of their words' token embeddings.
#pragma once

#include <cmath>
#include <vector>

#include <coco/core/error.hpp>
#include <coco/data/catalogue.hpp>
#include <coco/llm/text_model.hpp>

namespace coco::llm {

/// items x `source.config.width`, row-major: each row the mean embedding of the tokens of the item's text,
/// less the mean over the items that have words, and all scaled to variance 1 together; zeros for an item
/// without words. (The mean of all is most of every row and tells no item from another.)
/// \throws Error as `source.read`
inline std::vector<float> text_vectors(const data::Catalogue& catalogue, const TextModel& model) {
    const Config& c = model.source.config;
    const std::size_t width = static_cast<std::size_t>(c.width);
    std::vector<float> table(static_cast<std::size_t>(c.vocabulary) * width);
    model.source.read("token_embd.weight", c.vocabulary, c.width, table);

    const std::size_t items = static_cast<std::size_t>(catalogue.size());
    std::vector<float> vectors(items * width, 0.0f);
    std::vector<double> mean(width, 0.0);
    std::vector<char> worded(items, 0);
    double count = 0;
    for (std::size_t i = 0; i < items; ++i) {
        const std::string text = catalogue.text(static_cast<Id>(i));
        const std::vector<Id> tokens = text.empty() ? std::vector<Id>() : model.encode(text);
        if (tokens.empty()) continue;
        worded[i] = 1;
        count += 1;
        float* const row = vectors.data() + i * width;
        for (const Id token : tokens)
            for (std::size_t j = 0; j < width; ++j)
                row[j] += table[static_cast<std::size_t>(token) * width + j] / static_cast<float>(tokens.size());
        for (std::size_t j = 0; j < width; ++j) mean[j] += static_cast<double>(row[j]);
    }
    double squares = 0;
    for (std::size_t i = 0; i < items; ++i)
        for (std::size_t j = 0; worded[i] != 0 && j < width; ++j) {
            float& x = vectors[i * width + j];
            x -= static_cast<float>(mean[j] / count);
            squares += static_cast<double>(x) * static_cast<double>(x);
        }
    if (squares > 0) {
        const float scale = static_cast<float>(1 / std::sqrt(squares / (count * static_cast<double>(width))));
        for (float& x : vectors) x *= scale;
    }
    return vectors;
}

}  // namespace coco::llm
