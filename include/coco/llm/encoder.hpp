// SPDX-License-Identifier: Apache-2.0
/// \file
/// A text encoder of BERT's family (Devlin et al., 2019): x = drop(LN(word + type + position)), then
/// post-norm layers in which each row of a text attends to all of them. Its weights are trained, from random
/// or given values, or frozen.
#pragma once

#include <algorithm>
#include <span>
#include <string>
#include <vector>

#include <coco/llm/encoder_config.hpp>
#include <coco/llm/token_rows.hpp>
#include <coco/nn/embedding.hpp>
#include <coco/nn/encoder.hpp>
#include <coco/nn/position_input.hpp>

namespace coco::llm {

/// Texts -> hidden rows, rows x width.
class Encoder {
public:
    using Config = EncoderConfig;

    template <class P>
    struct Saved {
        nn::PositionInput::Saved<P> input;
        std::span<nn::EncoderLayer::Saved<P>> layers;  ///< empty if nothing was saved for backward
        Rows<P> out;                                   ///< rows x width, after the last layer
    };

    /// \param learns  whether weights of the source are trained further; those drawn at random always are
    [[gnu::cold, gnu::noinline]] Encoder(ParameterLayout& layout, const EncoderSource& source,
                                         Learns learns = Learns::no)
        : config_(source.config) {
        config_.check();
        const ParameterLayout::Scope scope(layout, "encoder");
        if (!source.read) {
            claim(layout);
        } else {
            const ParameterLayout::GivenValues values(layout, source.read, learns);
            claim(layout);
        }
    }

    const Config& config() const { return config_; }

    /// Saves what `backward` needs if `ctx` is training or has gradients. A frozen encoder drops nothing and
    /// saves nothing.
    template <class P>
    Saved<P> forward(Context<P>& ctx, const TokenRows<P>& texts) const {
        if (word_.block != ParameterBlock::frozen && (ctx.training || ctx.gradients[0] != nullptr))
            return saving(ctx, texts);
        Context<P> still = ctx.inputs_only();
        still.training = false;
        return passing(still, texts);
    }

    /// Gradients of all weights that learn.
    /// \param dy  rows x width
    template <class P>
    void backward(Context<P>& ctx, const TokenRows<P>& texts, const Saved<P>& saved, CRows<P> dy) const {
        const Rows<P> dword = ctx.gradient(word_);
        if (dy.rows == 0 || dword.empty()) return;
        require(!saved.layers.empty(), "text encoder", "backward after a forward that kept nothing",
                "a run that trains or collects gradients");
        const typename Workspace<P>::Frame frame(ctx.work);
        Rows<P> d = ctx.work.scratch(dy.rows, dy.cols), dx = ctx.work.scratch(dy.rows, dy.cols);
        nn::copy<P>(ctx.on, dy, d);
        for (std::size_t l = layers_.size(); l-- > 0;) {
            layers_[l].backward(ctx, saved.layers[l], CRows<P>(d), dx);
            std::swap(d, dx);
        }
        input_.backward(ctx, texts.sequence, saved.input, CRows<P>(d), dx);
        nn::scatter<P>(ctx.on, CRows<P>(dx), texts.sequence.by_item, dword);
        nn::scatter<P>(ctx.on, CRows<P>(dx), texts.by_type, ctx.gradient(type_));
    }

private:
    void claim(ParameterLayout& layout) {
        const Init init = Init::normal(config_.init);
        word_ = layout.claim("word", config_.vocabulary, config_.width, init);
        type_ = layout.claim("type", config_.types, config_.width, init);
        input_ = nn::PositionInput(layout, config_.positions, config_.width, init, config_.epsilon,
                                   config_.dropout);
        for (Index l = 0; l < config_.layers; ++l)
            layers_.emplace_back(layout, text_of("layer", l), config_.layer(),
                                 nn::AttentionMask::bidirectional);
    }

    template <class P>
    nn::PositionInput::Saved<P> embedded(Context<P>& ctx, const TokenRows<P>& texts) const {
        const typename Workspace<P>::Frame frame(ctx.work);
        const Rows<P> x = ctx.work.scratch(texts.type.size, config_.width);
        nn::gather<P>(ctx.on, ctx.value(word_), texts.sequence.item, x);
        nn::gather<P>(ctx.on, ctx.value(type_), texts.type, x, Write::add);
        return input_.forward(ctx, texts.sequence, CRows<P>(x));
    }

    template <class P>
    Saved<P> saving(Context<P>& ctx, const TokenRows<P>& texts) const {
        Saved<P> saved;
        saved.input = embedded(ctx, texts);
        saved.layers = ctx.work.template numbers<nn::EncoderLayer::Saved<P>>(config_.layers);
        CRows<P> x = saved.input.out;
        for (std::size_t l = 0; l < layers_.size(); ++l) {
            saved.layers[l] = layers_[l].forward(ctx, texts.sequence.segments, texts.sequence.row_key, x);
            x = saved.layers[l].out;
        }
        saved.out = saved.layers.back().second.out;
        return saved;
    }

    /// Each layer's activations take the place of those of the layer before.
    template <class P>
    Saved<P> passing(Context<P>& ctx, const TokenRows<P>& texts) const {
        Saved<P> saved;
        saved.out = ctx.work.keep(texts.type.size, config_.width);
        {
            const typename Workspace<P>::RecomputeScope scope(ctx.work);
            nn::copy<P>(ctx.on, embedded(ctx, texts).out, saved.out);
        }
        for (const nn::EncoderLayer& layer : layers_) {
            const typename Workspace<P>::RecomputeScope scope(ctx.work);
            nn::copy<P>(
                ctx.on,
                layer.forward(ctx, texts.sequence.segments, texts.sequence.row_key, CRows<P>(saved.out)).out,
                saved.out);
        }
        return saved;
    }

    Config config_;
    TensorRef word_, type_;
    nn::PositionInput input_;
    std::vector<nn::EncoderLayer> layers_;
};

}  // namespace coco::llm
