// SPDX-License-Identifier: Apache-2.0
/// \file
/// Texts as vectors by an encoder (Sentence-BERT, Reimers and Gurevych, EMNLP 2019): its hidden rows, pooled
/// over each text, of length 1 where the model says so.
#pragma once

#include <limits>

#include <coco/llm/encoder.hpp>
#include <coco/nn/normalize.hpp>
#include <coco/nn/segment_pool.hpp>

namespace coco::llm {

/// Texts -> texts x width.
class SentenceEncoder {
public:
    using Config = EncoderConfig;

    template <class P>
    struct Saved {
        Encoder::Saved<P> rows;
        nn::Normalized<P> unit;  ///< empty where vectors keep their length
        CRows<P> out;            ///< texts x width; zeros for a text without tokens
    };

    /// \param learns  whether weights of the source are trained further
    SentenceEncoder(ParameterLayout& layout, const EncoderSource& source, Learns learns = Learns::no)
        : encoder_(layout, source, learns),
          pool_(source.config.pooling == SentencePooling::first ? 1 : std::numeric_limits<Id>::max()) {}

    const Config& config() const { return encoder_.config(); }

    template <class P>
    Saved<P> forward(Context<P>& ctx, const TokenRows<P>& texts) const {
        Saved<P> saved;
        saved.rows = encoder_.forward(ctx, texts);
        saved.out = pool_.forward(ctx, texts.sequence.segments, CRows<P>(saved.rows.out));
        if (!config().unit_length) return saved;
        saved.unit = nn::normalize<P>(ctx, saved.out);
        saved.out = saved.unit.y;
        return saved;
    }

    /// Gradients of all weights that learn. \param dy  texts x width
    template <class P>
    void backward(Context<P>& ctx, const TokenRows<P>& texts, const Saved<P>& saved, CRows<P> dy) const {
        const typename Workspace<P>::Frame frame(ctx.work);
        const Rows<P> drows = ctx.work.scratch(saved.rows.out.rows, config().width);
        CRows<P> dpooled = dy;
        if (config().unit_length) {
            const Rows<P> d = ctx.work.scratch(dy.rows, dy.cols);
            nn::normalize_backward<P>(ctx, saved.unit, dy, d);
            dpooled = d;
        }
        pool_.backward(ctx, texts.sequence.segments, dpooled, drows);
        encoder_.backward(ctx, texts, saved.rows, CRows<P>(drows));
    }

private:
    Encoder encoder_;
    nn::SegmentPool pool_;
};

}  // namespace coco::llm
