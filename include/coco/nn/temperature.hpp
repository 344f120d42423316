// SPDX-License-Identifier: Apache-2.0
/// \file
/// A temperature that is learned: y = x exp(s) / t, s zero at first. Scores that were fitted on some targets
/// are too sure of others, by a factor; where a loss could not divide by it, everything that learns would
/// first learn to lower them.
#pragma once

#include <string_view>

#include <coco/core/math.hpp>
#include <coco/nn/elementwise.hpp>
#include <coco/nn/layer.hpp>

namespace coco::nn {

/// out_i = x_i exp(s) factor.
template <class T>
struct SharpenedRows {
    const T* x;
    Index x_stride;
    const T* sharpness;
    T factor;
    T* out;
    Index out_stride, cols;

    template <class Row>
    COCO_HD void operator()(Index i, const Row& row) const {
        const T* const from = x + i * x_stride;
        T* const to = out + i * out_stride;
        const T by = math::exp(*sharpness) * factor;
        row.each(cols, [&](Index j) { to[j] = by * from[j]; });
    }
};

class Temperature {
public:
    Temperature() = default;
    /// \param start  t
    Temperature(ParameterLayout& layout, std::string_view name, double start, ParameterBlock block)
        : sharpness_(layout.claim(name, 1, 1, Init::zeros(), Decay::no, block)), start_(start) {}

    template <class P>
    Rows<P> forward(Context<P>& ctx, CRows<P> x) const {
        const Rows<P> out = ctx.work.keep(x.rows, x.cols);
        scale(ctx, x, out);
        return out;
    }
    /// \param y  from forward    \param dx  assigned (=); may be empty
    template <class P>
    void backward(Context<P>& ctx, CRows<P> y, CRows<P> dy, Rows<P> dx) const {
        if (const Rows<P> d = ctx.gradient(sharpness_); !d.empty())
            ctx.on.reduce(y.rows, d,
                          DotTerm<typename P::Scalar>{dy.data, dy.stride, y.data, y.stride, y.cols});
        if (!dx.empty()) scale(ctx, dy, dx);
    }

private:
    template <class P>
    void scale(Context<P>& ctx, CRows<P> x, Rows<P> out) const {
        using T = typename P::Scalar;
        ctx.on.for_each_row(x.rows, 2 * x.cols,
                            SharpenedRows<T>{x.data, x.stride, ctx.value(sharpness_).data,
                                             static_cast<T>(1 / start_), out.data, out.stride, x.cols});
    }

    TensorRef sharpness_;
    double start_ = 1;
};

}  // namespace coco::nn
