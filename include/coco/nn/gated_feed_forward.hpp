// SPDX-License-Identifier: Apache-2.0
/// \file
/// The gated feed-forward of Llama-like transformers (Shazeer, 2020, "SwiGLU"):
/// y = (silu(x Wg') * (x Wu')) Wd', silu(z) = z / (1 + e^-z). Gate and up are computed in one product.
#pragma once

#include <string_view>
#include <utility>

#include <coco/core/math.hpp>
#include <coco/nn/layer.hpp>

namespace coco::nn {

/// Weights as plain scalars, out x in. Another storage (half precision, 4-bit blocks) has the same members
/// and can replace it.
struct PlainWeights {
    using Matrix = TensorRef;

    /// Where a weight's gradient is accumulated; empty if it is not computed.
    template <class P>
    static Rows<P> gradient(Context<P>& ctx, const TensorRef& weight) {
        return ctx.gradient(weight);
    }
    /// y (= or +=) x W'.
    template <class P>
    static void apply(Context<P>& ctx, CRows<P> x, const TensorRef& weight, Rows<P> y,
                      Write write = Write::set) {
        ctx.on.multiply(x, Op::plain, ctx.value(weight), Op::transposed, y, 1, write == Write::add ? 1 : 0);
    }
    /// dx = dy W.
    template <class P>
    static void apply_back(Context<P>& ctx, CRows<P> dy, const TensorRef& weight, Rows<P> dx) {
        ctx.on.multiply(dy, Op::plain, ctx.value(weight), Op::plain, dx);
    }
};

/// out = silu(gate) * up, where z = [gate | up].
template <class T>
struct SwiGluRows {
    const T* z;
    T* out;
    Index cols;

    template <class Row>
    COCO_HD void operator()(Index i, const Row& row) const {
        const T *const gate = z + 2 * i * cols, *const up = gate + cols;
        T* const to = out + i * cols;
        row.each(cols, [&](Index j) { to[j] = gate[j] * math::sigmoid(gate[j]) * up[j]; });
    }
};

/// dz = [silu'(gate) up dout | silu(gate) dout].
template <class T>
struct SwiGluBackwardRows {
    const T* z;
    const T* dout;
    T* dz;
    Index cols;

    template <class Row>
    COCO_HD void operator()(Index i, const Row& row) const {
        const T *const gate = z + 2 * i * cols, *const up = gate + cols, *const d = dout + i * cols;
        T *const dgate = dz + 2 * i * cols, *const dup = dgate + cols;
        row.each(cols, [&](Index j) {
            const T g = gate[j], s = math::sigmoid(g);
            dgate[j] = d[j] * up[j] * s * (1 + g * (1 - s));
            dup[j] = d[j] * g * s;
        });
    }
};

/// The `beside` argument of a gated feed-forward adds to the products with its weights; this one adds
/// nothing. `llm::Adapted`, which applies an adapter, has the same members.
struct NoAdapter {
    /// Whether `down_backward` reads x, which then has to be recomputed.
    static constexpr bool reads_hidden() { return false; }
    /// z += the change of [gate | up], applied to x.
    template <class P>
    void gate_up(Context<P>&, CRows<P> /*x*/, Rows<P> /*z*/) const {}
    /// y += the change of down, applied to x.
    template <class P>
    void down(Context<P>&, CRows<P> /*x*/, Rows<P> /*y*/) const {}
    /// Adds the gradients of its own parameters, and its contribution to dx.
    template <class P>
    void gate_up_backward(Context<P>&, CRows<P> /*x*/, CRows<P> /*dz*/, Rows<P> /*dx*/) const {}
    template <class P>
    void down_backward(Context<P>&, CRows<P> /*x*/, CRows<P> /*dy*/, Rows<P> /*dx*/) const {}
};

/// rows x width -> rows x hidden (twice) -> rows x width.
template <class Weights = PlainWeights>
class GatedFeedForward {
    using Matrix = typename Weights::Matrix;

public:
    template <class P>
    struct Saved {
        CRows<P> x;
        Rows<P> gate_up;  ///< rows x 2 hidden: before the activation
        Rows<P> out;
    };

    GatedFeedForward() = default;
    /// Trained weights.
    GatedFeedForward(ParameterLayout& layout, std::string_view name, Index width, Index hidden, Init init)
        : width_(width), hidden_(hidden) {
        const ParameterLayout::Scope scope(layout, name);
        gate_up_ = layout.claim("gate_up", 2 * hidden, width, init, Decay::yes);
        down_ = layout.claim("down", width, hidden, init, Decay::yes);
    }
    /// Given weights, claimed by their storage: [gate | up] and down.
    GatedFeedForward(Matrix gate_up, Matrix down, Index width, Index hidden)
        : gate_up_(std::move(gate_up)), down_(std::move(down)), width_(width), hidden_(hidden) {}

    template <class P>
    Saved<P> forward(Context<P>& ctx, CRows<P> x) const {
        const Rows<P> out = ctx.work.keep(x.rows, width_);
        return {x, apply(ctx, x, out, Write::set), out};
    }
    /// y (= or +=) the layer's output; an empty y is not computed. Returns `Saved::gate_up`.
    template <class P, class Beside = NoAdapter>
    Rows<P> apply(Context<P>& ctx, CRows<P> x, Rows<P> y, Write write, const Beside& beside = {}) const {
        const Rows<P> z = ctx.work.keep(x.rows, 2 * hidden_);
        Weights::apply(ctx, x, gate_up_, z);
        beside.gate_up(ctx, x, z);
        if (y.empty()) return z;
        const typename Workspace<P>::Frame frame(ctx.work);
        const CRows<P> hidden = activated(ctx, z);
        Weights::apply(ctx, hidden, down_, y, write);
        beside.down(ctx, hidden, y);
        return z;
    }

    /// `saved.x` is needed only if the weights are trained or `beside` reads it.
    template <class P, class Beside = NoAdapter>
    void backward(Context<P>& ctx, const Saved<P>& saved, CRows<P> dy, Rows<P> dx,
                  const Beside& beside = {}) const {
        if (dy.rows == 0) return;
        using T = typename P::Scalar;
        const typename Workspace<P>::Frame frame(ctx.work);
        const Rows<P> d = ctx.work.scratch(dy.rows, hidden_), dz = ctx.work.scratch(dy.rows, 2 * hidden_);
        if (const Rows<P> dw = Weights::template gradient<P>(ctx, down_); !dw.empty())
            ctx.on.multiply(dy, Op::transposed, activated(ctx, saved.gate_up), Op::plain, dw, 1, 1);
        Weights::apply_back(ctx, dy, down_, d);
        if (beside.reads_hidden()) {
            const typename Workspace<P>::Frame inner(ctx.work);
            beside.down_backward(ctx, CRows<P>(activated(ctx, saved.gate_up)), dy, d);
        }
        ctx.on.for_each_row(dy.rows, 5 * d.cols,
                            SwiGluBackwardRows<T>{saved.gate_up.data, d.data, dz.data, d.cols});
        if (const Rows<P> dw = Weights::template gradient<P>(ctx, gate_up_); !dw.empty())
            ctx.on.multiply(dz, Op::transposed, saved.x, Op::plain, dw, 1, 1);
        if (!dx.empty()) Weights::apply_back(ctx, CRows<P>(dz), gate_up_, dx);
        beside.gate_up_backward(ctx, saved.x, CRows<P>(dz), dx);
    }

private:
    template <class P>
    Rows<P> activated(Context<P>& ctx, CRows<P> z) const {
        const Rows<P> out = ctx.work.scratch(z.rows, hidden_);
        ctx.on.for_each_row(z.rows, 3 * out.cols, SwiGluRows<typename P::Scalar>{z.data, out.data, out.cols});
        return out;
    }

    Matrix gate_up_, down_;
    Index width_ = 0, hidden_ = 0;
};

}  // namespace coco::nn
