// SPDX-License-Identifier: Apache-2.0
/// \file
/// Vectors of many texts by a text encoder, in memory or kept in a file.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <coco/core/error.hpp>
#include <coco/llm/sentence_encoder.hpp>
#include <coco/llm/text_vector_file.hpp>
#include <coco/nn/parameters.hpp>
#include <coco/store/workspace.hpp>

namespace coco::llm {

/// A given encoder together with its tokenizer.
struct TextEncoder {
    EncoderSource source;
    /// The ids of a text between those of begin and end, cut after `source.config.tokens`; none where the
    /// text has no token of its own.
    std::function<std::vector<Id>(std::string_view)> encode;
    std::string digest;  ///< of the files
};

/// Reads texts with an encoder; weights are read once.
template <class P>
class SentenceReader {
public:
    /// \param tokens  in a pass, at most (a longer text has a pass of its own)
    /// \throws Error where a setting is out of range, and as the encoder's source
    SentenceReader(P& on, const TextEncoder& encoder, Index tokens = 1024)
        : on_(on),
          encode_(encoder.encode),
          tokens_(tokens),
          model_(layout_, encoder.source),
          parameters_(on, layout_, 1),
          work_(on) {
        require(tokens >= 1, "sentence vectors: tokens", "too small", "at least 1", text_of(tokens));
    }

    Index width() const { return model_.config().width; }

    /// Vectors of texts, texts x width; zeros for a text without tokens.
    /// \param on_progress  called after each pass with the number of texts done
    std::vector<float> operator()(std::span<const std::string> texts,
                                  const std::function<void(Index)>& on_progress = {}) {
        std::vector<float> out;
        out.reserve(texts.size() * static_cast<std::size_t>(width()));
        batch_.clear();
        const auto flush = [&] {
            read(out);
            batch_.clear();
            if (on_progress) on_progress(static_cast<Index>(out.size()) / width());
        };
        for (const std::string& text : texts) {
            const std::vector<Id> ids = encode_(text);
            if (batch_.rows() > 0 && batch_.rows() + static_cast<Index>(ids.size()) > tokens_) flush();
            batch_.add(ids);
        }
        if (batch_.texts() > 0) flush();
        return out;
    }

private:
    using T = typename P::Scalar;

    /// One pass: appends the vectors of the batch.
    void read(std::vector<float>& out) {
        rows_.assign(static_cast<std::size_t>(batch_.texts() * width()), T(0));
        if (batch_.rows() > 0) {
            work_.reset();
            Context<P> ctx = parameters_.context(on_, work_);
            const CRows<P> rows = model_.forward(ctx, batch_.upload(ctx, model_.config())).out;
            on_.download(List<const T, typename P::Space>{rows.data, rows.size()}, rows_.data());
        }
        for (const T x : rows_) out.push_back(static_cast<float>(x));
    }

    P& on_;
    std::function<std::vector<Id>(std::string_view)> encode_;
    Index tokens_;
    ParameterLayout layout_;
    SentenceEncoder model_;
    Parameters<P> parameters_;
    Workspace<P> work_;
    TokenBatch batch_;
    std::vector<T> rows_;
};

/// What vectors were made of: they must not be mixed with others.
inline std::string origin_of(const TextEncoder& encoder) {
    const EncoderConfig& c = encoder.source.config;
    return text_of(encoder.digest, "; encoder, ", c.pooling == SentencePooling::mean ? "mean" : "first",
                   c.unit_length ? ", unit length" : ", as pooled", "; ", c.tokens, " tokens");
}

/// Vectors of texts by an encoder, texts x its width, kept in a file of `folder`. \see known_text_vectors
template <class P>
std::vector<float> sentence_vectors(const std::filesystem::path& folder, P& on, const TextEncoder& encoder,
                                    std::span<const std::string> texts,
                                    const std::function<void(Index)>& on_progress = {}) {
    return known_text_vectors(
        folder, origin_of(encoder), encoder.source.config.width, texts,
        [&] { return SentenceReader<P>(on, encoder); }, on_progress);
}

}  // namespace coco::llm
