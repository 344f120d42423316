// SPDX-License-Identifier: Apache-2.0
/// \file
/// A linear map and an activation: y = act(x W' + b).
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <type_traits>

#include <coco/core/math.hpp>
#include <coco/core/settings.hpp>
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

/// rows x in -> rows x out.
class ActivatedLinear {
public:
    template <class P>
    struct Saved {
        CRows<P> x;
        Rows<P> z, out;  ///< rows x out: before and after the activation
    };

    ActivatedLinear() = default;
    [[gnu::cold, gnu::noinline]] ActivatedLinear(ParameterLayout& layout, std::string_view name, Index in,
                                                 Index out, Activation kind, Init init)
        : kind_(kind), linear_(layout, name, in, out, init) {}

    template <class P>
    Saved<P> forward(Context<P>& ctx, CRows<P> x) const {
        using T = typename P::Scalar;
        const Rows<P> z = ctx.work.keep(x.rows, linear_.out()), out = ctx.work.keep(x.rows, linear_.out());
        ctx.on.multiply(x, Op::plain, ctx.value(linear_.weight()), Op::transposed, z);
        const T* const bias = ctx.value(linear_.bias()).data;
        each_kind([&](auto kind) {
            ctx.on.for_each_row(z.rows, 3 * z.cols,
                                BiasActivationRows<T, kind.value>{z.data, bias, out.data, z.cols});
        });
        return {x, z, out};
    }

    /// \param dout  rows x out, of stride out; becomes the gradient of z
    template <class P>
    void backward(Context<P>& ctx, const Saved<P>& saved, Rows<P> dout, Rows<P> dx) const {
        using T = typename P::Scalar;
        each_kind([&](auto kind) {
            ctx.on.for_each_row(dout.rows, 3 * dout.cols,
                                ActivationBackwardRows<T, kind.value>{saved.z.data, dout.data, dout.cols});
        });
        linear_.backward(ctx, Linear::Saved<P>{saved.x, saved.z}, CRows<P>(dout), dx);
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

    Activation kind_ = Activation::gelu;
    Linear linear_;
};

}  // namespace coco::nn
