// SPDX-License-Identifier: Apache-2.0
/// \file
/// A temperature that is learned: y = x / t, t = least + (start - least) exp(-s), s zero at first. Scores
/// that were fitted on some targets are too sure of others, by a factor; where a loss could not divide by it,
/// everything that learns would first learn to lower them. Scores that are cosines need a small one.
#pragma once

#include <string_view>

#include <coco/core/math.hpp>
#include <coco/nn/elementwise.hpp>
#include <coco/nn/layer.hpp>

namespace coco::nn {

/// 1 / t = e / (1 + least e), e = exp(s) / (start - least). With least = 0 it is e, to the last bit.
template <class T>
struct InverseTemperature {
    const T* sharpness;
    T factor, least;  ///< factor = 1 / (start - least)

    COCO_HD T unbounded() const { return math::exp(*sharpness) * factor; }
    COCO_HD T operator()() const { return unbounded() * slope(); }
    /// Of log(1 / t) in s: 1 - least / t, without the difference.
    COCO_HD T slope() const { return 1 / (1 + least * unbounded()); }
};

/// out_i = x_i / t.
template <class T>
struct SharpenedRows {
    const T* x;
    Index x_stride;
    InverseTemperature<T> inverse;
    T* out;
    Index out_stride, cols;

    template <class Row>
    COCO_HD void operator()(Index i, const Row& row) const {
        const T* const from = x + i * x_stride;
        T* const to = out + i * out_stride;
        const T by = inverse();
        row.each(cols, [&](Index j) { to[j] = by * from[j]; });
    }
};

/// (i, 0) -> dy_i y_i (1 - least / t), the gradient of s.
template <class T>
struct SharpnessTerm {
    DotTerm<T> dot;
    InverseTemperature<T> inverse;

    COCO_HD T operator()(Index i, Index j) const { return dot(i, j) * inverse.slope(); }
};

class Temperature {
public:
    Temperature() = default;
    /// \param start  t at first    \param least  below `start`: t stays above it, whatever s is, so that no
    ///        step can pass it and every s has a slope
    Temperature(ParameterLayout& layout, std::string_view name, double start, ParameterBlock block,
                double least = 0)
        : sharpness_(layout.claim(name, 1, 1, Init::zeros(), Decay::no, block)),
          start_(start),
          least_(least) {}

    template <class P>
    Rows<P> forward(Context<P>& ctx, CRows<P> x) const {
        const Rows<P> out = ctx.work.keep(x.rows, x.cols);
        scale(ctx, x, out);
        return out;
    }
    /// \param y  from forward    \param dx  assigned (=); may be empty
    template <class P>
    void backward(Context<P>& ctx, CRows<P> y, CRows<P> dy, Rows<P> dx) const {
        using T = typename P::Scalar;
        if (const Rows<P> d = ctx.gradient(sharpness_); !d.empty())
            ctx.on.reduce(y.rows, d,
                          SharpnessTerm<T>{{dy.data, dy.stride, y.data, y.stride, y.cols}, inverse<P>(ctx)});
        if (!dx.empty()) scale(ctx, dy, dx);
    }

private:
    template <class P>
    InverseTemperature<typename P::Scalar> inverse(const Context<P>& ctx) const {
        using T = typename P::Scalar;
        return {ctx.value(sharpness_).data, static_cast<T>(1 / (start_ - least_)), static_cast<T>(least_)};
    }
    template <class P>
    void scale(Context<P>& ctx, CRows<P> x, Rows<P> out) const {
        ctx.on.for_each_row(x.rows, 2 * x.cols,
                            SharpenedRows<typename P::Scalar>{x.data, x.stride, inverse<P>(ctx), out.data,
                                                              out.stride, x.cols});
    }

    TensorRef sharpness_;
    double start_ = 1, least_ = 0;
};

}  // namespace coco::nn
