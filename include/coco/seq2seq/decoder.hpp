// SPDX-License-Identifier: Apache-2.0
/// \file
/// The decoder of T5: causal self-attention under a one-sided relative position bias, attention to the
/// encoder's rows, feed-forward. It runs over whole targets, for training, or continues many targets by one
/// token each.
#pragma once

#include <array>
#include <vector>

#include <coco/core/error.hpp>
#include <coco/nn/cross_attention.hpp>
#include <coco/nn/embedding.hpp>
#include <coco/seq2seq/encoder.hpp>

namespace coco::seq2seq {

/// Targets that are continued: a row of keys and values per target and layer, and which source each one
/// reads.
template <class P>
struct Continued {
    Segments<P> rows;       ///< one new row for each target
    Segments<P> keys;       ///< of the cache's rows: those of each target, the new one last
    Ids<P> place;           ///< where in the cache each new row goes
    Segments<P> of_source;  ///< the targets of each source
    Segments<P> source_of;  ///< the encoder's rows of each source
    CRows<P> by_distance;   ///< the bias; its reach is at least the longest target
};

/// rows x width, memory x width -> rows x width.
class Decoder {
public:
    template <class P>
    struct LayerSaved {
        typename Branch<nn::RelativeAttention>::template Saved<P> attention;
        typename Branch<nn::CrossAttention>::template Saved<P> cross;
        typename Branch<FeedForward>::template Saved<P> hidden;
    };
    template <class P>
    struct Saved {
        nn::Dropout::Saved<P> input;
        nn::RelativeBias::Saved<P> bias;
        std::array<LayerSaved<P>, nn::max_layers> layer;
        nn::Norm::Saved<P> norm;
        nn::Dropout::Saved<P> output;
        CRows<P> out;
    };
    /// Per layer, keys and values side by side.
    template <class P>
    using KeysAndValues = std::array<Rows<P>, nn::max_layers>;

    Decoder() = default;
    [[gnu::cold, gnu::noinline]] Decoder(ParameterLayout& layout, const Config& c)
        : input_(layout, c.dropout), output_(layout, c.dropout) {
        const ParameterLayout::Scope scope(layout, "decoder");
        constexpr auto mask = nn::AttentionMask::causal;
        bias_ = relative_bias(layout, c, mask);
        for (Index l = 0; l < c.decoder_layers; ++l) {
            const ParameterLayout::Scope layer(layout, text_of("layer", l));
            layers_.push_back({{layout, "attention", c, c.attention(), mask, c.dropout, c.init},
                               {layout, "cross", c, c.attention(), c.dropout, c.init},
                               {layout, "feed_forward", c, c}});
        }
        norm_ = nn::Norm(layout, "norm", c.width, c.epsilon, nn::NormKind::rms);
    }

    Index layers() const { return static_cast<Index>(layers_.size()); }
    const nn::RelativeBias& bias() const { return bias_; }

    /// \param of, memory_of  rows of segment s attend to segment s of the memory, which is not empty
    template <class P>
    Saved<P> forward(Context<P>& ctx, const Segments<P>& of, Ids<P> row_key, CRows<P> memory,
                     const Segments<P>& memory_of, CRows<P> x) const {
        Saved<P> saved;
        saved.input = input_.forward(ctx, x, row_key);
        saved.bias = bias_.forward(ctx, of.longest);
        saved.out = saved.input.out;
        for (std::size_t l = 0; l < layers_.size(); ++l) {
            LayerSaved<P>& k = saved.layer[l];
            const Layer& layer = layers_[l];
            k.attention = layer.attention.forward(ctx, row_key, saved.out, of, row_key,
                                                  CRows<P>(saved.bias.by_distance));
            k.cross = layer.cross.forward(ctx, row_key, k.attention.out, of, row_key,
                                          layer.cross.inner().prepare(ctx, memory), memory_of);
            k.hidden = layer.hidden.forward(ctx, row_key, k.cross.out, row_key);
            saved.out = k.hidden.out;
        }
        saved.norm = norm_.forward(ctx, saved.out);
        saved.output = output_.forward(ctx, CRows<P>(saved.norm.out), row_key);
        saved.out = saved.output.out;
        return saved;
    }

    /// \param dx, dmemory  assigned (=); either may be empty
    template <class P>
    void backward(Context<P>& ctx, const Saved<P>& saved, CRows<P> dy, Rows<P> dx, Rows<P> dmemory) const {
        if (!dmemory.empty()) nn::fill(ctx.on, dmemory, typename P::Scalar(0));
        if (dy.rows == 0) return;
        const typename Workspace<P>::Frame frame(ctx.work);
        const Rows<P> d = ctx.work.scratch(dy.rows, dy.cols), other = ctx.work.scratch(dy.rows, dy.cols);
        const Rows<P> bias = saved.bias.by_distance, dbias = ctx.work.scratch(bias.rows, bias.cols);
        const Rows<P> part = dmemory.empty() ? dmemory : ctx.work.scratch(dmemory.rows, dmemory.cols);
        nn::fill(ctx.on, dbias, typename P::Scalar(0));
        output_.backward(ctx, saved.output, dy, other);
        norm_.backward(ctx, saved.norm, CRows<P>(other), d);
        for (std::size_t l = layers_.size(); l-- > 0;) {
            const LayerSaved<P>& k = saved.layer[l];
            layers_[l].hidden.backward(ctx, k.hidden, CRows<P>(d), other);
            layers_[l].cross.backward(ctx, k.cross, CRows<P>(other), d, part);
            if (!part.empty()) nn::copy<P>(ctx.on, CRows<P>(part), dmemory, Write::add);
            layers_[l].attention.backward(ctx, k.attention, CRows<P>(d), other, dbias);
            nn::copy<P>(ctx.on, CRows<P>(other), d);
        }
        bias_.backward(ctx, saved.bias, CRows<P>(dbias));
        input_.backward(ctx, saved.input, CRows<P>(d), dx);
    }

    /// What every layer reads of the encoder's rows, for `extend`.
    template <class P>
    KeysAndValues<P> prepare(Context<P>& ctx, CRows<P> memory) const {
        KeysAndValues<P> all;
        for (std::size_t l = 0; l < layers_.size(); ++l)
            all[l] = layers_[l].cross.inner().prepare(ctx, memory).out;
        return all;
    }

    /// The rows of the newest tokens, whose keys and values go into the cache.
    /// \param cache  per layer (targets * room) x 2 inner; `at.place` and `at.keys` index these rows
    template <class P>
    Rows<P> extend(Context<P>& ctx, const Continued<P>& at, const KeysAndValues<P>& memory,
                   const KeysAndValues<P>& cache, CRows<P> x) const {
        for (std::size_t l = 0; l < layers_.size(); ++l) {
            const Layer& layer = layers_[l];
            x = layer.attention.apply(ctx, x, [&](const nn::RelativeAttention& inner, CRows<P> rows) {
                nn::assign_rows<P>(ctx.on, CRows<P>(inner.key_value().forward(ctx, rows).out), at.place,
                                   cache[l]);
                return inner.extend(ctx, at.rows, at.keys, at.by_distance, rows, CRows<P>(cache[l]));
            });
            x = layer.cross.apply(ctx, x, [&](const nn::CrossAttention& inner, CRows<P> rows) {
                const nn::Linear::Saved<P> prepared{{}, memory[l]};
                return inner.forward(ctx, at.of_source, Ids<P>{}, prepared, at.source_of, rows).out;
            });
            x = layer.hidden.apply(ctx, x, [&](const FeedForward& inner, CRows<P> rows) {
                return inner.forward(ctx, Ids<P>{}, rows).out;
            });
        }
        return norm_.forward(ctx, x).out;
    }

private:
    struct Layer {
        Branch<nn::RelativeAttention> attention;
        Branch<nn::CrossAttention> cross;
        Branch<FeedForward> hidden;
    };

    nn::Dropout input_, output_;
    nn::RelativeBias bias_;
    std::vector<Layer> layers_;
    nn::Norm norm_;
};

}  // namespace coco::seq2seq
