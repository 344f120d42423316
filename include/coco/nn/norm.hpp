// SPDX-License-Identifier: Apache-2.0
/// \file
/// Layer norm (Ba et al., 2016) and RMS norm (Zhang and Sennrich, 2019). One row kernel serves both: RMS
/// norm is layer norm without the mean and the shift.
#pragma once

#include <string_view>

#include <coco/core/math.hpp>
#include <coco/nn/elementwise.hpp>
#include <coco/nn/layer.hpp>

namespace coco::nn {

/// y = w (x - mean) / sqrt(var + eps) + b for each row; if not `centred`, mean = 0 and var = mean of x^2.
template <class T>
struct NormRows {
    const T* x;
    Index x_stride;
    const T *weight, *shift;
    T* out;
    T* statistics;  ///< rows x 2: mean, 1 / sqrt(var + eps)
    Index cols;
    T epsilon;
    bool centred;

    template <class Row>
    COCO_HD void operator()(Index i, const Row& row) const {
        const T* const in = x + i * x_stride;
        T* const y = out + i * cols;
        const T mean = centred ? row.sum(cols, [&](Index j) { return in[j]; }) / static_cast<T>(cols) : T(0);
        const T variance =
            row.sum(cols, [&](Index j) { return (in[j] - mean) * (in[j] - mean); }) / static_cast<T>(cols);
        const T scale = T(1) / math::sqrt(variance + epsilon);
        if (shift)
            row.each(cols, [&](Index j) { y[j] = (in[j] - mean) * scale * weight[j] + shift[j]; });
        else
            row.each(cols, [&](Index j) { y[j] = (in[j] - mean) * scale * weight[j]; });
        row.each(1, [&](Index) {
            statistics[2 * i] = mean;
            statistics[2 * i + 1] = scale;
        });
    }
};

/// dx = scale (g - mean(g) - xhat mean(g xhat)) with g = w dy; without mean(g) if not `centred`.
template <class T>
struct NormBackwardRows {
    const T* x;
    Index x_stride;
    const T* weight;
    const T* statistics;
    const T* dy;
    Index dy_stride;
    T* dx;
    Index dx_stride, cols;
    bool centred;

    template <class Row>
    COCO_HD void operator()(Index i, const Row& row) const {
        const T *const in = x + i * x_stride, *const g = dy + i * dy_stride;
        T* const to = dx + i * dx_stride;
        const T mean = statistics[2 * i], scale = statistics[2 * i + 1], n = static_cast<T>(cols);
        const T first = centred ? row.sum(cols, [&](Index j) { return g[j] * weight[j]; }) / n : T(0);
        const T second =
            row.sum(cols, [&](Index j) { return g[j] * weight[j] * (in[j] - mean); }) * scale * scale / n;
        row.each(cols,
                 [&](Index j) { to[j] = scale * (g[j] * weight[j] - first - (in[j] - mean) * second); });
    }
};

/// (i, j) -> dy_ij xhat_ij, the gradient of a norm's weight.
template <class T>
struct NormWeightTerm {
    const T* x;
    Index x_stride;
    const T* statistics;
    const T* dy;
    Index dy_stride;

    COCO_HD T operator()(Index i, Index j) const {
        return dy[i * dy_stride + j] * (x[i * x_stride + j] - statistics[2 * i]) * statistics[2 * i + 1];
    }
};

/// Which norm.
enum class NormKind : bool { layer, rms };

/// A norm over each row of x, rows x width.
class Norm {
public:
    template <class P>
    struct Saved {
        CRows<P> x;
        Rows<P> out;
        Rows<P> statistics;  ///< rows x 2
    };

    Norm() = default;
    /// \param epsilon  added to the variance
    [[gnu::cold, gnu::noinline]] Norm(ParameterLayout& layout, std::string_view name, Index width,
                                      double epsilon, NormKind kind = NormKind::layer)
        : epsilon_(epsilon), kind_(kind) {
        const ParameterLayout::Scope scope(layout, name);
        weight_ = layout.claim("weight", 1, width, Init::ones());
        if (kind == NormKind::layer) shift_ = layout.claim("bias", 1, width, Init::zeros());
    }
    /// An RMS norm whose weight is given, not trained.
    Norm(const TensorRef& given_weight, double epsilon)
        : weight_(given_weight), epsilon_(epsilon), kind_(NormKind::rms) {}

    template <class P>
    Saved<P> forward(Context<P>& ctx, CRows<P> x) const {
        using T = typename P::Scalar;
        const Saved<P> saved{x, ctx.work.keep(x.rows, x.cols), ctx.work.keep(x.rows, 2)};
        ctx.on.for_each_row(
            x.rows, 2 * x.cols,
            NormRows<T>{x.data, x.stride, ctx.value(weight_).data,
                        kind_ == NormKind::layer ? ctx.value(shift_).data : nullptr, saved.out.data,
                        saved.statistics.data, x.cols, static_cast<T>(epsilon_), kind_ == NormKind::layer});
        return saved;
    }

    template <class P>
    void backward(Context<P>& ctx, const Saved<P>& saved, CRows<P> dy, Rows<P> dx) const {
        using T = typename P::Scalar;
        if (dy.rows == 0) return;
        if (const Rows<P> dw = ctx.gradient(weight_); !dw.empty())
            ctx.on.reduce(
                dy.rows, dw,
                NormWeightTerm<T>{saved.x.data, saved.x.stride, saved.statistics.data, dy.data, dy.stride});
        if (kind_ == NormKind::layer)
            if (const Rows<P> db = ctx.gradient(shift_); !db.empty())
                ctx.on.reduce(dy.rows, db, Element<T>{dy.data, dy.stride});
        if (!dx.empty())
            ctx.on.for_each_row(dy.rows, 3 * dy.cols,
                                NormBackwardRows<T>{saved.x.data, saved.x.stride, ctx.value(weight_).data,
                                                    saved.statistics.data, dy.data, dy.stride, dx.data,
                                                    dx.stride, dy.cols, kind_ == NormKind::layer});
    }

private:
    TensorRef weight_, shift_;
    double epsilon_ = 1e-12;
    NormKind kind_ = NormKind::layer;
};

}  // namespace coco::nn
