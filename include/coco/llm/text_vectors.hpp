// SPDX-License-Identifier: Apache-2.0
/// \file
/// Texts as vectors: the mean of the hidden rows of a text's tokens after one of a language model's layers.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <coco/adapter/frozen.hpp>
#include <coco/core/error.hpp>
#include <coco/llm/decoder.hpp>
#include <coco/llm/text_model.hpp>
#include <coco/llm/token_embeddings.hpp>
#include <coco/nn/parameters.hpp>
#include <coco/store/workspace.hpp>

namespace coco::llm {

/// How the rows of a text become one vector.
enum class Pooling : std::uint8_t { mean, last };

/// What a text vector is made of.
struct TextVectorSettings {
    static constexpr Index middle = -1;

    Index layer = middle;  ///< rows after this layer, without the final norm; 0: the token embeddings
    Pooling pooling = Pooling::mean;
    Index tokens = 4096;  ///< tokens in a pass, at most (a longer text has a pass of its own)

    /// The layer in a model of this many: `middle` is the first of the second half.
    Index layer_of(Index layers) const { return layer == middle ? std::min(layers, layers / 2 + 1) : layer; }
};

/// Reads texts with a language model; what it needs is opened once.
template <class P>
class TextReader {
public:
    /// \throws Error where the model has no such layer, and as the model's source
    TextReader(P& on, const TextModel& model, const TextVectorSettings& settings)
        : on_(on), encode_(model.encode), settings_(settings), work_(on) {
        Source source = model.source;
        const Index layers = source.config.layers, layer = settings.layer_of(layers);
        require(layer >= 0 && layer <= layers, "text vectors: layer", "no such layer",
                text_of("0 to ", layers), text_of(layer));
        require(settings.tokens >= 1, "text vectors: tokens", "too small", "at least 1",
                text_of(settings.tokens));
        width_ = source.config.width;
        if (layer == 0) {
            embeddings_ = std::make_unique<const TokenEmbeddings>(source);
            return;
        }
        source.config.depth = layer;
        decoder_ = std::make_unique<const Decoder<storage::Configured>>(layout_, source);
        parameters_ = Parameters<P>(on, layout_, 1);
    }

    Index width() const { return width_; }

    /// Vectors of texts, texts x width; zeros for a text without tokens.
    /// \param on_progress  called after each pass with the number of texts done
    std::vector<float> operator()(std::span<const std::string> texts,
                                  const std::function<void(Index)>& on_progress = {}) {
        const std::size_t width = static_cast<std::size_t>(width_);
        std::vector<float> out(texts.size() * width);
        std::vector<Id> token, ends{0};
        std::size_t first = 0;
        const auto flush = [&](std::size_t end) {
            read(token, ends, std::span<float>(out).subspan(first * width, (end - first) * width));
            token.clear();
            ends.assign(1, 0);
            first = end;
            if (on_progress) on_progress(static_cast<Index>(end));
        };
        for (std::size_t i = 0; i < texts.size(); ++i) {
            const std::vector<Id> words = encode_(texts[i]);
            if (!token.empty() && static_cast<Index>(token.size() + words.size()) > settings_.tokens)
                flush(i);
            token.insert(token.end(), words.begin(), words.end());
            ends.push_back(static_cast<Id>(token.size()));
        }
        if (first < texts.size()) flush(texts.size());
        return out;
    }

private:
    using T = typename P::Scalar;

    /// One pass. \param ends  texts + 1 offsets into `token`
    void read(const std::vector<Id>& token, const std::vector<Id>& ends, std::span<float> out) {
        const std::size_t width = static_cast<std::size_t>(width_);
        rows_.assign(token.size() * width, T(0));
        if (decoder_ && !token.empty()) {
            decoder_->config().check_tokens(token);
            Context<P> ctx = parameters_.context(on_, work_);
            const Rows<P> rows =
                decoder_->states(ctx, adapter::Frozen{}, on_.upload(std::span<const Id>(token), work_),
                                 segments_of(ctx, std::span<const Id>(ends)));
            on_.download(List<const T, typename P::Space>{rows.data, rows.size()}, rows_.data());
            work_.reset();
        }
        for (std::size_t s = 0; s + 1 < ends.size(); ++s) {
            const std::size_t end = static_cast<std::size_t>(ends[s + 1]);
            std::size_t begin = static_cast<std::size_t>(ends[s]);
            if (settings_.pooling == Pooling::last && end > begin) begin = end - 1;
            const std::span<float> to = out.subspan(s * width, width);
            if (embeddings_) {
                embeddings_->mean(std::span(token).subspan(begin, end - begin), to);
                continue;
            }
            for (std::size_t j = 0; j < width; ++j) {
                double sum = 0;
                for (std::size_t t = begin; t < end; ++t) sum += static_cast<double>(rows_[t * width + j]);
                to[j] = end > begin ? static_cast<float>(sum / static_cast<double>(end - begin)) : 0;
            }
        }
    }

    P& on_;
    std::function<std::vector<Id>(std::string_view)> encode_;
    TextVectorSettings settings_;
    Index width_ = 0;
    ParameterLayout layout_;
    std::unique_ptr<const Decoder<storage::Configured>> decoder_;  ///< null for layer 0
    std::unique_ptr<const TokenEmbeddings> embeddings_;            ///< for layer 0
    Parameters<P> parameters_;
    Workspace<P> work_;
    std::vector<T> rows_;
};

/// Vectors of texts, texts x the model's width. \see TextReader
template <class P>
std::vector<float> text_vectors(P& on, const TextModel& model, std::span<const std::string> texts,
                                const TextVectorSettings& settings = {},
                                const std::function<void(Index)>& on_progress = {}) {
    return TextReader<P>(on, model, settings)(texts, on_progress);
}

}  // namespace coco::llm
