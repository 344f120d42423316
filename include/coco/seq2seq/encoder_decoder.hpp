// SPDX-License-Identifier: Apache-2.0
/// \file
/// A small T5 (Raffel et al., JMLR 2020), trained from nothing: encoder and decoder over one vocabulary,
/// whose embedding also gives the logits, multiplied by width^-1/2. Teacher-forced: the loss is the mean over
/// target tokens of -log softmax(logits)[token].
#pragma once

#include <cmath>

#include <coco/core/error.hpp>
#include <coco/nn/embedding.hpp>
#include <coco/seq2seq/decoder.hpp>
#include <coco/seq2seq/encoder.hpp>
#include <coco/seq2seq/pairs.hpp>

namespace coco::seq2seq {

class EncoderDecoder {
public:
    template <class P>
    struct Saved {
        Encoder::Saved<P> encoder;
        Decoder::Saved<P> decoder;
        CRows<P> out;  ///< target tokens x width
    };

    /// \param vocabulary  tokens, `start_token` among them
    /// \throws Error where a setting is out of range
    [[gnu::cold, gnu::noinline]] EncoderDecoder(ParameterLayout& layout, const Config& config,
                                                Index vocabulary)
        : config_(config) {
        config.check();
        require(vocabulary >= 2, "seq2seq.vocabulary", "only the start token", "at least 2",
                text_of(vocabulary));
        const ParameterLayout::Scope scope(layout, "seq2seq");
        embedding_ = layout.claim("embedding", vocabulary, config.width, Init::normal(config.init));
        encoder_ = Encoder(layout, config);
        decoder_ = Decoder(layout, config);
    }

    const Config& config() const { return config_; }
    Index vocabulary() const { return embedding_.rows; }
    const Decoder& decoder() const { return decoder_; }
    /// vocabulary x width.
    const TensorRef& embedding() const { return embedding_; }
    /// What the logits, products of the decoder's rows with the embedding, are multiplied by.
    double logit_scale() const { return 1 / std::sqrt(static_cast<double>(config_.width)); }

    /// Rows of the embedding.
    template <class P>
    CRows<P> embed(Context<P>& ctx, Ids<P> token) const {
        const Rows<P> x = ctx.work.keep(token.size, config_.width);
        nn::gather<P>(ctx.on, ctx.value(embedding_), token, x);
        return x;
    }

    /// \param row_key  one per token where something is dropped
    template <class P>
    Encoder::Saved<P> encode(Context<P>& ctx, const Segments<P>& source_of, Ids<P> source,
                             Ids<P> row_key) const {
        return encoder_.forward(ctx, source_of, row_key, embed(ctx, source));
    }

    template <class P>
    Saved<P> forward(Context<P>& ctx, const Pairs<P>& pairs) const {
        Saved<P> saved;
        saved.encoder = encode(ctx, pairs.source_of, pairs.source, pairs.source_key);
        saved.decoder = decoder_.forward(ctx, pairs.target_of, pairs.target_key, saved.encoder.out,
                                         pairs.source_of, embed(ctx, pairs.input));
        saved.out = saved.decoder.out;
        return saved;
    }

    /// The gradients of the layers and of the embedding as an input.
    /// \param dy  target tokens x width
    template <class P>
    void backward(Context<P>& ctx, const Pairs<P>& pairs, const Saved<P>& saved, CRows<P> dy) const {
        const typename Workspace<P>::Frame frame(ctx.work);
        const Index width = config_.width;
        const Rows<P> dembedding = ctx.gradient(embedding_),
                      dinput = ctx.work.scratch(pairs.input.size, width),
                      dsource = ctx.work.scratch(pairs.source.size, width),
                      dmemory = ctx.work.scratch(pairs.source.size, width);
        decoder_.backward(ctx, saved.decoder, dy, dinput, dmemory);
        encoder_.backward(ctx, saved.encoder, CRows<P>(dmemory), dsource);
        if (dembedding.empty() || dy.rows == 0) return;
        nn::scatter<P>(ctx.on, CRows<P>(dinput), pairs.by_input, dembedding);
        nn::scatter<P>(ctx.on, CRows<P>(dsource), pairs.by_source, dembedding);
    }

    /// *loss += weight * the mean over the target tokens of their cross-entropy; gradients of all parameters
    /// +=.
    template <class P>
    Saved<P> step(Context<P>& ctx, const Pairs<P>& pairs, double weight, typename P::Scalar* loss) const {
        using T = typename P::Scalar;
        const Saved<P> saved = forward(ctx, pairs);
        const Index rows = saved.out.rows;
        if (rows == 0) return saved;
        const typename Workspace<P>::Frame frame(ctx.work);
        const Rows<P> dy = ctx.work.scratch(rows, config_.width);
        Classes<P> classes;
        classes.columns = ctx.value(embedding_);
        classes.inverse_temperature = static_cast<T>(logit_scale());
        classes.positive = pairs.target;
        ctx.on.softmax_cross_entropy(saved.out, classes, static_cast<T>(weight / static_cast<double>(rows)),
                                     loss, dy, ctx.gradient(embedding_), Rows<P>{});
        backward(ctx, pairs, saved, CRows<P>(dy));
        return saved;
    }

private:
    Config config_;
    TensorRef embedding_;
    Encoder encoder_;
    Decoder decoder_;
};

}  // namespace coco::seq2seq
