// SPDX-License-Identifier: Apache-2.0
/// \file
/// PinnerFormer (Pancha et al., KDD 2022): a pre-norm causal transformer whose rows, after an output MLP, are
/// unit vectors over a learned temperature. With items that are unit vectors (`items::Tower`) its scores are
/// cosines over that temperature, s(u, p) = <u, p> / tau.
#pragma once

#include <coco/backbone/concept.hpp>
#include <coco/core/error.hpp>
#include <coco/core/role.hpp>
#include <coco/core/setting_list.hpp>
#include <coco/core/settings.hpp>
#include <coco/nn/embedding.hpp>
#include <coco/nn/feed_forward.hpp>
#include <coco/nn/linear.hpp>
#include <coco/nn/normalize.hpp>
#include <coco/nn/pre_norm_layer.hpp>
#include <coco/nn/sequence.hpp>
#include <coco/nn/temperature.hpp>

namespace coco::backbone {

/// x W' + b + position, dropout, pre-norm layers, then h = unit(MLP(LN(.))) / tau. h_t depends only on items
/// 1..t of its segment. With `Positions::recent` position 0 is that of the most recent item, as in the paper,
/// which writes sequences in the reverse order.
class PinnerFormer {
public:
    using Role = role::Backbone;
    static constexpr const char* setting_name = "pinnerformer";
    static constexpr nn::AttentionMask attention_mask = nn::AttentionMask::causal;
    /// tau stays above it, as in the paper.
    static constexpr double least_temperature = 0.01;

    struct Config {
        nn::EncoderConfig encoder;  ///< the paper's hidden width is 4 widths
        Index window = 50;          ///< longest history, in items
        Index output_hidden = 256;  ///< hidden width of the output MLP
        double temperature = 0.1;   ///< tau at first: cosines undivided are too alike to learn from

        static auto settings(auto& c, auto&& visit) {
            return visit(setting("encoder", c.encoder), setting("window", c.window, at_least(1)),
                         setting("output_hidden", c.output_hidden, at_least(1)),
                         setting("temperature", c.temperature, above(least_temperature, 1000)));
        }

        Index width() const { return encoder.width; }
    };

    template <class P>
    struct Saved {
        typename nn::Linear::Saved<P> input;
        typename nn::Dropout::Saved<P> dropped;
        typename nn::LayerStack<nn::PreNormLayer>::template Saved<P> layers;
        typename nn::Norm::Saved<P> norm;
        typename nn::FeedForward::Saved<P> output;
        nn::Normalized<P> unit;
        CRows<P> h;  ///< rows x width, each of length 1 / tau, to be multiplied with item vectors
    };

    [[gnu::cold, gnu::noinline]] PinnerFormer(ParameterLayout& layout, const Config& config) {
        check_settings(config, "pinnerformer");
        const ParameterLayout::Scope scope(layout, "pinnerformer");
        const nn::EncoderConfig& encoder = config.encoder;
        require(encoder.init > 0, "pinnerformer.encoder.init", "rows of zeros have no direction",
                "more than 0", text_of(encoder.init));
        const Init init = Init::normal(encoder.init);
        position_ = layout.claim("position", config.window, config.width(), init);
        input_ = nn::Linear(layout, "input", config.width(), config.width(), init);
        dropout_ = nn::Dropout(layout, encoder.dropout);
        layers_ = {layout, encoder, attention_mask};
        norm_ = nn::Norm(layout, "norm", config.width(), encoder.epsilon);
        output_ = nn::FeedForward(layout, "output", config.width(), config.output_hidden,
                                  nn::Activation::gelu, init);
        // The paper's tau belongs to its loss. Here the model divides by it: it is a parameter, trained and
        // stored with the others, while the temperature of an objective is fixed. One positive factor for all
        // scores of a user changes neither a ranking nor a cosine.
        temperature_ = nn::Temperature(layout, "sharpness", config.temperature, ParameterBlock::dense,
                                       least_temperature);
    }

    /// \param x  rows x width: the vectors of the sequence's items
    template <class P>
    Saved<P> forward(Context<P>& ctx, const Sequence<P>& sequence, CRows<P> x) const {
        Saved<P> saved;
        saved.input = input_.forward(ctx, x);
        nn::gather<P>(ctx.on, ctx.value(position_), sequence.position, saved.input.out, Write::add);
        saved.dropped = dropout_.forward(ctx, CRows<P>(saved.input.out), sequence.row_key);
        saved.layers = layers_.forward(ctx, sequence.segments, sequence.row_key, saved.dropped.out);
        saved.norm = norm_.forward(ctx, saved.layers.out);
        saved.output = output_.forward(ctx, CRows<P>(saved.norm.out));
        saved.unit = nn::normalize<P>(ctx, CRows<P>(saved.output.out));
        saved.h = temperature_.forward(ctx, CRows<P>(saved.unit.y));
        return saved;
    }

    template <class P>
    void backward(Context<P>& ctx, const Sequence<P>& sequence, const Saved<P>& saved, CRows<P> dh,
                  Rows<P> dx) const {
        const typename Workspace<P>::Frame frame(ctx.work);
        const Rows<P> inner = ctx.work.scratch(dh.rows, dh.cols), outer = ctx.work.scratch(dh.rows, dh.cols);
        temperature_.backward(ctx, saved.h, dh, inner);
        nn::normalize_backward<P>(ctx, saved.unit, CRows<P>(inner), outer);
        output_.backward(ctx, saved.output, CRows<P>(outer), inner);
        norm_.backward(ctx, saved.norm, CRows<P>(inner), outer);
        layers_.backward(ctx, saved.layers, CRows<P>(outer), inner);
        dropout_.backward(ctx, saved.dropped, CRows<P>(inner), outer);
        if (const Rows<P> dposition = ctx.gradient(position_); !dposition.empty())
            nn::scatter<P>(ctx.on, CRows<P>(outer), sequence.by_position, dposition);
        input_.backward(ctx, saved.input, CRows<P>(outer), dx);
    }

private:
    TensorRef position_;
    nn::Linear input_;
    nn::Dropout dropout_;
    nn::LayerStack<nn::PreNormLayer> layers_;
    nn::Norm norm_;
    nn::FeedForward output_;
    nn::Temperature temperature_;
};

}  // namespace coco::backbone

static_assert(coco::Backbone<coco::backbone::PinnerFormer>);
