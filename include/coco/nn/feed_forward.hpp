// SPDX-License-Identifier: Apache-2.0
/// \file
/// The two-layer feed-forward of a transformer: y = drop(act(x W1' + b1)) W2' + b2. Most models drop nothing
/// inside it.
#pragma once

#include <array>
#include <string_view>

#include <coco/core/math.hpp>
#include <coco/core/settings.hpp>
#include <coco/nn/dropout.hpp>
#include <coco/nn/linear.hpp>

namespace coco::nn {

/// GELU with the error function or with tanh (Hendrycks and Gimpel, 2016), and ReLU.
enum class Activation : std::uint8_t { gelu, gelu_tanh, relu };
inline auto names_of(Activation) {
    return std::array{NameOf{Activation::gelu, "gelu"}, NameOf{Activation::gelu_tanh, "gelu_tanh"},
                      NameOf{Activation::relu, "relu"}};
}

/// Value and derivative of an activation at z.
template <class T>
struct ActivationAt {
    T value, slope;
};

template <class T>
COCO_HD COCO_INLINE ActivationAt<T> activate(Activation kind, T z) {
    if (kind == Activation::relu) return {z > 0 ? z : T(0), z > 0 ? T(1) : T(0)};
    if (kind == Activation::gelu) {
        const math::Normal<T> n = math::normal(z);
        return {z * n.cdf, n.cdf + z * n.bell * T(0.39894228040143267794)};
    }
    const T c = T(0.79788456080286535588), a = T(0.044715);
    const T t = math::tanh(c * (z + a * z * z * z));
    return {T(0.5) * z * (1 + t), T(0.5) * (1 + t) + T(0.5) * z * (1 - t * t) * c * (1 + 3 * a * z * z)};
}

/// z += bias in place, out = act(z).
template <class T, Activation kind>
struct BiasActivationRows {
    T* z;
    const T* bias;
    T* out;
    Index cols;

    template <class Row>
    COCO_HD void operator()(Index i, const Row& row) const {
        T *const from = z + i * cols, *const to = out + i * cols;
        row.each(cols, [&](Index j) {
            const T v = from[j] + bias[j];
            from[j] = v;
            to[j] = activate(kind, v).value;
        });
    }
};

/// dz = act'(z) dout, in place of dout.
template <class T, Activation kind>
struct ActivationBackwardRows {
    const T* z;
    T* dout;
    Index cols;

    template <class Row>
    COCO_HD void operator()(Index i, const Row& row) const {
        const T* const from = z + i * cols;
        T* const d = dout + i * cols;
        row.each(cols, [&](Index j) { d[j] *= activate(kind, from[j]).slope; });
    }
};

/// rows x width -> rows x hidden -> rows x width.
class FeedForward {
public:
    template <class P>
    struct Saved {
        CRows<P> x;
        Rows<P> z, active;  ///< rows x hidden: before and after the activation
        Rows<P> out;
        Dropout::Saved<P> dropped;
        Linear::Saved<P> second;
    };

    FeedForward() = default;
    /// \param dropout  rate inside, after the activation, in [0, 1)
    [[gnu::cold, gnu::noinline]] FeedForward(ParameterLayout& layout, std::string_view name, Index width,
                                             Index hidden, Activation kind, Init init, double dropout = 0)
        : kind_(kind) {
        const ParameterLayout::Scope scope(layout, name);
        if (dropout > 0) dropout_ = Dropout(layout, dropout);
        first_ = Linear(layout, "first", width, hidden, init);
        second_ = Linear(layout, "second", hidden, width, init);
    }

    /// \param row_key  one key per row of x where something is dropped
    template <class P>
    Saved<P> forward(Context<P>& ctx, CRows<P> x, Ids<P> row_key = {}) const {
        using T = typename P::Scalar;
        const Rows<P> z = ctx.work.keep(x.rows, first_.out()), active = ctx.work.keep(x.rows, first_.out());
        ctx.on.multiply(x, Op::plain, ctx.value(first_.weight()), Op::transposed, z);
        const T* const bias = ctx.value(first_.bias()).data;
        each_kind([&](auto kind) {
            ctx.on.for_each_row(z.rows, 3 * z.cols,
                                BiasActivationRows<T, kind.value>{z.data, bias, active.data, z.cols});
        });
        const Dropout::Saved<P> dropped = dropout_.forward(ctx, CRows<P>(active), row_key);
        const Linear::Saved<P> second = second_.forward(ctx, dropped.out);
        return {x, z, active, second.out, dropped, second};
    }

    template <class P>
    void backward(Context<P>& ctx, const Saved<P>& saved, CRows<P> dy, Rows<P> dx) const {
        using T = typename P::Scalar;
        const typename Workspace<P>::Frame frame(ctx.work);
        const Rows<P> dz = ctx.work.scratch(saved.z.rows, saved.z.cols);
        second_.backward(ctx, saved.second, dy, dz);
        if (!saved.dropped.mask.empty()) dropout_.backward(ctx, saved.dropped, CRows<P>(dz), dz);
        each_kind([&](auto kind) {
            ctx.on.for_each_row(dz.rows, 3 * dz.cols,
                                ActivationBackwardRows<T, kind.value>{saved.z.data, dz.data, dz.cols});
        });
        first_.backward(ctx, Linear::Saved<P>{saved.x, saved.z}, CRows<P>(dz), dx);
    }

private:
    /// Turns the run-time activation into a compile-time one, once per matrix instead of once per element.
    template <class F>
    void each_kind(const F& f) const {
        switch (kind_) {
            case Activation::gelu:
                return f(std::integral_constant<Activation, Activation::gelu>{});
            case Activation::gelu_tanh:
                return f(std::integral_constant<Activation, Activation::gelu_tanh>{});
            case Activation::relu:
                return f(std::integral_constant<Activation, Activation::relu>{});
        }
    }

    Linear first_, second_;
    Dropout dropout_;
    Activation kind_ = Activation::gelu;
};

}  // namespace coco::nn
