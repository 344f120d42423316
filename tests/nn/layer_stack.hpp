// SPDX-License-Identifier: Apache-2.0
/// \file
/// A stack of transformer layers under the conformance test of a layer.
#pragma once

#include <coco/nn/encoder.hpp>

#include "conformance/layer.hpp"

template <class Layer, coco::nn::AttentionMask attention_mask>
struct LayerStackCase {
    static constexpr bool segmented = true;
    coco::nn::LayerStack<Layer> stack;

    explicit LayerStackCase(coco::ParameterLayout& layout) : stack(layout, config(), attention_mask) {}
    static coco::nn::EncoderConfig config() {
        coco::nn::EncoderConfig c;
        c.width = 6;
        c.layers = 3;
        c.heads = 2;
        c.hidden = 8;
        c.dropout = c.attention_dropout = 0.2;
        c.epsilon = 1e-5;
        return c;
    }
    static std::vector<coco::conformance::Shape> inputs(coco::Index rows) { return {{rows, 6}}; }
    template <class P>
    auto forward(coco::Context<P>& ctx, const coco::Sequence<P>& s, const coco::conformance::In<P>& x) const {
        return stack.forward(ctx, s.segments, s.row_key, x[0]);
    }
    template <class P, class Saved>
    void backward(coco::Context<P>& ctx, const coco::Sequence<P>&, const Saved& saved, coco::CRows<P> dy,
                  const coco::conformance::Out<P>& dx) const {
        stack.backward(ctx, saved, dy, dx[0]);
    }
};
