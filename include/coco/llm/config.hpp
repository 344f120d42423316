// SPDX-License-Identifier: Apache-2.0
/// \file
/// The shape of a decoder-only language model of the Llama family.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include <coco/adapter/projections.hpp>
#include <coco/core/error.hpp>
#include <coco/core/types.hpp>
#include <coco/nn/rope.hpp>

namespace coco::llm {

/// In which format weights are stored, if it is selected at run time (`storage::Configured`).
enum class Keep : std::uint8_t { floats, bfloat16, as_stored };

/// Sizes and constants of a language model, as given by the model file, and how much of it is used.
struct Config {
    std::string architecture = "llama";
    Index width = 0;   ///< of a row (hidden size)
    Index layers = 0;  ///< in the file
    Index depth = 0;   ///< layers used: the first `depth`, then the final norm; 0: all
    Index heads = 0, kv_heads = 0;
    Index head = 0;    ///< width of a head; heads * head need not be `width`
    Index hidden = 0;  ///< of the gated feed-forward
    Index vocabulary = 0;
    double theta = 10000;     ///< base of the rotary angles
    double epsilon = 1e-5;    ///< of the RMS norms
    nn::RopeFactors factors;  ///< of the rotary angles; none: unscaled
    Index window = 0;  ///< attention reaches so many tokens back in some layer; 0: any number. Longer texts
                       ///< are refused, because attention here is to the whole text
    std::string_view pooling;  ///< rows that make the vector of a text, by the file: mean, last, or unknown
    nn::RopeKind rope = nn::RopeKind::half_split;
    bool head_norm = false;     ///< an RMS norm on each query and key head (Qwen3)
    bool qkv_bias = false;      ///< queries, keys and values have a bias (Qwen2)
    bool tied = true;           ///< the token embeddings are the output matrix
    bool headless = false;      ///< the file of an untied model has no output matrix: hidden rows only
    bool output_head = false;   ///< claim the output matrix of an untied model; only `logits` reads it
    Keep keep = Keep::floats;   ///< read only by `storage::Configured`
    double keep_bytes = 1.5e9;  ///< if activations of all layers take more, backward recomputes them

    /// A configuration with the settings that follow from the architecture's name.
    /// \throws Error, which names `where`, for an unknown architecture
    static Config of(const std::string& architecture, const std::string& where) {
        require(architecture == "llama" || architecture == "qwen2" || architecture == "qwen3", where,
                "unknown architecture", "llama, qwen2 or qwen3", architecture);
        Config c;
        c.architecture = architecture;
        c.head_norm = architecture == "qwen3";
        c.qkv_bias = architecture == "qwen2";
        return c;
    }

    /// \throws Error for more tokens in a row than the sliding window holds
    void check_length(Index tokens) const {
        if (window > 0 && tokens > window)
            throw Error("language model", "text longer than the model's sliding window",
                        text_of("at most ", window, " tokens"), text_of(tokens));
    }

    /// \throws Error for a token that has no row in the embeddings
    void check_tokens(std::span<const Id> tokens) const {
        for (const Id id : tokens)
            if (id < 0 || id >= vocabulary)
                throw Error("language model", "token without an embedding", text_of("0 to ", vocabulary - 1),
                            text_of(id));
    }

    Index used() const { return depth == 0 ? layers : depth; }
    Index query_width() const { return heads * head; }
    Index kv_width() const { return kv_heads * head; }
    /// Columns of the joint projection [query | key | value].
    Index fused_width() const { return query_width() + 2 * kv_width(); }
    /// Sizes of the maps that an adapter may change.
    adapter::Sizes adapter_sizes() const {
        return {used(), width, query_width(), kv_width(), kv_width(), hidden};
    }

    /// \throws Error, which names the setting, if one is out of range
    void check() const {
        const auto positive = [](Index value, const char* name) {
            require(value >= 1, std::string("llm.") + name, "too small", "at least 1", text_of(value));
        };
        positive(width, "width");
        positive(layers, "layers");
        positive(heads, "heads");
        positive(kv_heads, "kv_heads");
        positive(head, "head");
        positive(hidden, "hidden");
        positive(vocabulary, "vocabulary");
        require(depth >= 0 && depth <= layers, "llm.depth", "out of range", text_of("0 to ", layers),
                text_of(depth));
        require(heads % kv_heads == 0, "llm.kv_heads", "does not divide the number of heads",
                text_of("a divisor of ", heads), text_of(kv_heads));
        require(head % 2 == 0, "llm.head", "odd width cannot be rotated in pairs", "an even number",
                text_of(head));
        require(theta > 1, "llm.theta", "too small", "above 1", text_of(theta));
        require(epsilon > 0, "llm.epsilon", "too small", "above 0", text_of(epsilon));
        require(window >= 0, "llm.window", "negative", "0 or more", text_of(window));
        require(factors.count == 0 || factors.count == head / 2, "llm.factors", "wrong number",
                text_of("0 or ", head / 2), text_of(factors.count));
    }
};

}  // namespace coco::llm
