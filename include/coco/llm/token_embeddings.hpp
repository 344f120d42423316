// SPDX-License-Identifier: Apache-2.0
/// \file
/// A text as the mean of its tokens' embeddings: input of text-aware items, and initial value of prompts.
#pragma once

#include <cmath>
#include <span>
#include <vector>

#include <coco/core/error.hpp>
#include <coco/llm/source.hpp>

namespace coco::llm {

/// A language model's token embeddings, on the host.
class TokenEmbeddings {
public:
    /// Reads all embeddings. \throws Error as `Source::read`
    explicit TokenEmbeddings(const Source& source)
        : width_(source.config.width),
          vocabulary_(source.config.vocabulary),
          rows_(static_cast<std::size_t>(width_ * vocabulary_)) {
        source.read("token_embd.weight", vocabulary_, width_, 0, rows_);
    }

    Index width() const { return width_; }

    /// Root mean square over all elements: the typical magnitude of an element of the model's input rows.
    double rms() const {
        double sum = 0;
        for (const float x : rows_) sum += static_cast<double>(x) * static_cast<double>(x);
        return std::sqrt(sum / static_cast<double>(rows_.size()));
    }

    /// Writes the mean embedding of `token`; zeros for an empty text.
    /// \param out  `width()` elements
    /// \throws Error for a token outside the vocabulary
    void mean(std::span<const Id> token, std::span<float> out) const {
        std::vector<double> sum(out.size(), 0.0);
        for (const Id t : token) {
            require(t >= 0 && t < vocabulary_, "token embeddings", "no such token",
                    text_of("0 to ", vocabulary_ - 1), text_of(t));
            const float* const row = rows_.data() + t * width_;
            for (std::size_t j = 0; j < sum.size(); ++j) sum[j] += static_cast<double>(row[j]);
        }
        const double count = token.empty() ? 1 : static_cast<double>(token.size());
        for (std::size_t j = 0; j < sum.size(); ++j) out[j] = static_cast<float>(sum[j] / count);
    }

    /// Mean embeddings of many texts, texts x width(), row-major.
    /// \param offsets  texts + 1 offsets into `token`
    std::vector<float> means(std::span<const Id> token, std::span<const Id> offsets) const {
        const std::size_t width = static_cast<std::size_t>(width_),
                          texts = offsets.empty() ? 0 : offsets.size() - 1;
        std::vector<float> out(texts * width);
        for (std::size_t s = 0; s < texts; ++s)
            mean(token.subspan(static_cast<std::size_t>(offsets[s]),
                               static_cast<std::size_t>(offsets[s + 1] - offsets[s])),
                 std::span<float>(out).subspan(s * width, width));
        return out;
    }

private:
    Index width_, vocabulary_;
    std::vector<float> rows_;
};

}  // namespace coco::llm
