// SPDX-License-Identifier: Apache-2.0
/// \file
/// Sizes and rates of an encoder-decoder. The defaults are TIGER's (Rajput et al., NeurIPS 2023), 13 million
/// parameters.
#pragma once

#include <coco/core/error.hpp>
#include <coco/core/setting_list.hpp>
#include <coco/core/settings.hpp>
#include <coco/nn/encoder.hpp>
#include <coco/nn/relative_attention.hpp>

namespace coco::seq2seq {

struct Config {
    Index width = 128, heads = 6;
    Index head = 64;  ///< width of a head; heads times it need not be the width
    Index hidden = 1024;
    Index encoder_layers = 4, decoder_layers = 4;
    Index buckets = 32, max_distance = 128;  ///< of relative positions, in tokens
    double dropout = 0.1;   ///< of embeddings, probabilities, branches, inside the feed-forward
    double epsilon = 1e-6;  ///< of the RMS norms
    double init = 1;        ///< multiplies T5's initial weights

    static auto settings(auto& c, auto&& visit) {
        return visit(setting("width", c.width, at_least(1)), setting("heads", c.heads, at_least(1)),
                     setting("head", c.head, at_least(1)), setting("hidden", c.hidden, at_least(1)),
                     setting("encoder_layers", c.encoder_layers, between(1, nn::max_layers)),
                     setting("decoder_layers", c.decoder_layers, between(1, nn::max_layers)),
                     setting("buckets", c.buckets, at_least(4)),
                     setting("max_distance", c.max_distance, at_least(1)),
                     setting("dropout", c.dropout, below(0, 1)), setting("epsilon", c.epsilon, above(0, 1)),
                     setting("init", c.init, between(0, 100)));
    }

    /// Throws `Error`, which names the setting, if one is out of range.
    void check() const {
        check_settings(*this, "seq2seq");
        require(buckets % 4 == 0, "seq2seq.buckets", "two sides of exact and wider buckets",
                "a multiple of 4", text_of(buckets));
        require(max_distance > buckets / 2, "seq2seq.max_distance", "no room for the wider buckets",
                text_of("more than ", buckets / 2), text_of(max_distance));
    }

    nn::AttentionSizes attention() const { return {width, heads, head}; }
};

}  // namespace coco::seq2seq
