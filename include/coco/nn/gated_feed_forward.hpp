// SPDX-License-Identifier: Apache-2.0
/// \file
/// The gated feed-forward of Llama-like transformers (Shazeer, 2020, "SwiGLU"):
/// y = (silu(x Wg') * (x Wu')) Wd', silu(z) = z / (1 + e^-z). Gate and up are one product.
#pragma once

#include <string_view>
#include <utility>

#include <coco/core/math.hpp>
#include <coco/nn/stage.hpp>

namespace coco::nn {

/// Weights as plain scalars, out x in. Another storage (half precision, blocks of 4 bits) has the same
/// members and serves where this one does.
struct PlainWeights {
    using Matrix = Slot;

    /// Where a weight's gradient is summed; empty where it is not wanted.
    template <class P>
    static Rows<P> gradient(Run<P>& run, const Slot& weight) {
        return run.gradient(weight);
    }
    /// y (= or +=) x W'.
    template <class P>
    static void apply(Run<P>& run, CRows<P> x, const Slot& weight, Rows<P> y, Write write = Write::set) {
        run.on.multiply(x, Op::plain, run.value(weight), Op::transposed, y, 1, write == Write::add ? 1 : 0);
    }
    /// dx = dy W.
    template <class P>
    static void apply_back(Run<P>& run, CRows<P> dy, const Slot& weight, Rows<P> dx) {
        run.on.multiply(dy, Op::plain, run.value(weight), Op::plain, dx);
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

/// What may stand beside the weights of a gated feed-forward and add to what they make; this one adds
/// nothing. An adapter's has the same members.
struct Alone {
    /// Whether `down_backward` reads its x, which has to be made anew.
    static constexpr bool reads_hidden() { return false; }
    /// z += the change of [gate | up] of x.
    template <class P>
    void gate_up(Run<P>&, CRows<P> /*x*/, Rows<P> /*z*/) const {}
    /// y += the change of down of x.
    template <class P>
    void down(Run<P>&, CRows<P> /*x*/, Rows<P> /*y*/) const {}
    /// Gradients of its own, and dx += theirs.
    template <class P>
    void gate_up_backward(Run<P>&, CRows<P> /*x*/, CRows<P> /*dz*/, Rows<P> /*dx*/) const {}
    template <class P>
    void down_backward(Run<P>&, CRows<P> /*x*/, CRows<P> /*dy*/, Rows<P> /*dx*/) const {}
};

/// rows x width -> rows x hidden (twice) -> rows x width.
template <class Weights = PlainWeights>
class GatedFeedForward {
    using Matrix = typename Weights::Matrix;

public:
    template <class P>
    struct Kept {
        CRows<P> x;
        Rows<P> gate_up;  ///< rows x 2 hidden: before the activation
        Rows<P> out;
    };

    GatedFeedForward() = default;
    /// Trained weights.
    GatedFeedForward(Layout& layout, std::string_view name, Index width, Index hidden, Init init)
        : width_(width), hidden_(hidden) {
        const Layout::Scope scope(layout, name);
        gate_up_ = layout.claim("gate_up", 2 * hidden, width, init, Decay::yes);
        down_ = layout.claim("down", width, hidden, init, Decay::yes);
    }
    /// Given weights, claimed by their storage: [gate | up] and down.
    GatedFeedForward(Matrix gate_up, Matrix down, Index width, Index hidden)
        : gate_up_(std::move(gate_up)), down_(std::move(down)), width_(width), hidden_(hidden) {}

    template <class P>
    Kept<P> forward(Run<P>& run, CRows<P> x) const {
        const Rows<P> out = run.work.keep(x.rows, width_);
        return {x, apply(run, x, out, Write::set), out};
    }
    /// y (= or +=) the stage's output; an empty y is not computed. Returns `Kept::gate_up`.
    template <class P, class Beside = Alone>
    Rows<P> apply(Run<P>& run, CRows<P> x, Rows<P> y, Write write, const Beside& beside = {}) const {
        const Rows<P> z = run.work.keep(x.rows, 2 * hidden_);
        Weights::apply(run, x, gate_up_, z);
        beside.gate_up(run, x, z);
        if (y.empty()) return z;
        const typename Workspace<P>::Frame frame(run.work);
        const CRows<P> hidden = activated(run, z);
        Weights::apply(run, hidden, down_, y, write);
        beside.down(run, hidden, y);
        return z;
    }

    /// Wants `kept.x` only where the weights are trained, or `beside` reads it.
    template <class P, class Beside = Alone>
    void backward(Run<P>& run, const Kept<P>& kept, CRows<P> dy, Rows<P> dx,
                  const Beside& beside = {}) const {
        if (dy.rows == 0) return;
        using T = typename P::Scalar;
        const typename Workspace<P>::Frame frame(run.work);
        const Rows<P> d = run.work.scratch(dy.rows, hidden_), dz = run.work.scratch(dy.rows, 2 * hidden_);
        if (const Rows<P> dw = Weights::template gradient<P>(run, down_); !dw.empty())
            run.on.multiply(dy, Op::transposed, activated(run, kept.gate_up), Op::plain, dw, 1, 1);
        Weights::apply_back(run, dy, down_, d);
        if (beside.reads_hidden()) {
            const typename Workspace<P>::Frame inner(run.work);
            beside.down_backward(run, CRows<P>(activated(run, kept.gate_up)), dy, d);
        }
        run.on.rows(dy.rows, 5 * d.cols, SwiGluBackwardRows<T>{kept.gate_up.data, d.data, dz.data, d.cols});
        if (const Rows<P> dw = Weights::template gradient<P>(run, gate_up_); !dw.empty())
            run.on.multiply(dz, Op::transposed, kept.x, Op::plain, dw, 1, 1);
        if (!dx.empty()) Weights::apply_back(run, CRows<P>(dz), gate_up_, dx);
        beside.gate_up_backward(run, kept.x, CRows<P>(dz), dx);
    }

private:
    template <class P>
    Rows<P> activated(Run<P>& run, CRows<P> z) const {
        const Rows<P> out = run.work.scratch(z.rows, hidden_);
        run.on.rows(z.rows, 3 * out.cols, SwiGluRows<typename P::Scalar>{z.data, out.data, out.cols});
        return out;
    }

    Matrix gate_up_, down_;
    Index width_ = 0, hidden_ = 0;
};

}  // namespace coco::nn
