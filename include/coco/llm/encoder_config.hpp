// SPDX-License-Identifier: Apache-2.0
/// \file
/// The shape of a text encoder of BERT's family, and where its weights come from.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include <coco/core/error.hpp>
#include <coco/core/setting_list.hpp>
#include <coco/core/settings.hpp>
#include <coco/core/types.hpp>
#include <coco/nn/encoder.hpp>
#include <coco/store/parameter_layout.hpp>

namespace coco::llm {

/// How the rows of a text become its vector: their mean, or the first one ([CLS]).
enum class SentencePooling : std::uint8_t { mean, first };
inline auto names_of(SentencePooling) {
    return std::array{NameOf{SentencePooling::mean, "mean"}, NameOf{SentencePooling::first, "first"}};
}

/// Sizes and constants of an encoder, and how it makes one vector of a text. Defaults are BERT's.
struct EncoderConfig {
    Index width = 768;  ///< of a row (hidden size)
    Index layers = 12, heads = 12, hidden = 3072;
    Index vocabulary = 30522;
    Index positions = 512;  ///< tokens of the longest text that has positions
    Index types = 2;        ///< token types (segments of a pair of texts)
    double epsilon = 1e-12;
    double dropout = 0.1, attention_dropout = 0.1;  ///< while training
    double init = 0.02;                             ///< standard deviation of weights that are not given
    nn::Activation activation = nn::Activation::gelu;
    Index tokens = 512;  ///< a text is cut after so many, [CLS] and [SEP] included
    SentencePooling pooling = SentencePooling::mean;
    bool unit_length = false;  ///< vectors of texts are scaled to length 1

    static auto settings(auto& c, auto&& visit) {
        return visit(setting("width", c.width, at_least(1)), setting("layers", c.layers, at_least(1)),
                     setting("heads", c.heads, at_least(1)), setting("hidden", c.hidden, at_least(1)),
                     setting("vocabulary", c.vocabulary, at_least(1)),
                     setting("positions", c.positions, at_least(2)), setting("types", c.types, at_least(1)),
                     setting("epsilon", c.epsilon, above(0, 1)), setting("dropout", c.dropout, below(0, 1)),
                     setting("attention_dropout", c.attention_dropout, below(0, 1)),
                     setting("init", c.init, between(0, 100)), setting("activation", c.activation),
                     setting("tokens", c.tokens, at_least(2)), setting("pooling", c.pooling),
                     setting("unit_length", c.unit_length));
    }

    /// The shape of one layer.
    nn::EncoderConfig layer() const {
        nn::EncoderConfig one;
        one.width = width;
        one.layers = 1;
        one.heads = heads;
        one.hidden = hidden;
        one.dropout = dropout;
        one.attention_dropout = attention_dropout;
        one.epsilon = epsilon;
        one.init = init;
        one.activation = activation;
        return one;
    }

    /// \throws Error, which names the setting, if one is out of range
    void check() const {
        check_settings(*this, "encoder");
        layer().check();
        require(tokens <= positions, "encoder.tokens", "more tokens than positions",
                text_of("at most ", positions), text_of(tokens));
    }
};

/// A given encoder. Copies share what the function holds (an open file).
struct EncoderSource {
    EncoderConfig config;
    /// Writes a tensor by the name under which the encoder claims it; it throws `Error`, which names the
    /// tensor, if it is missing or of another shape. Empty: weights are drawn at random.
    ReadTensor read = {};
};

}  // namespace coco::llm
