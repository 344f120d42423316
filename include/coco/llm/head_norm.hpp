// SPDX-License-Identifier: Apache-2.0
/// \file
/// RMS norm of each head of queries or keys with one weight for all heads, as in Qwen3, before the rotation.
#pragma once

#include <coco/core/math.hpp>
#include <coco/nn/layer.hpp>

namespace coco::llm {

/// y = w x / sqrt(mean(x^2) + eps) for each head.
template <class T>
struct HeadNormRows {
    const T* x;
    Index x_stride;
    const T* weight;
    T* y;
    Index y_stride, heads, head;
    T epsilon;

    template <class Row>
    COCO_HD void operator()(Index i, const Row& row) const {
        for (Index h = 0; h < heads; ++h) {
            const T* const in = x + i * x_stride + h * head;
            T* const out = y + i * y_stride + h * head;
            const T mean = row.sum(head, [&](Index j) { return in[j] * in[j]; }) / static_cast<T>(head);
            const T scale = T(1) / math::sqrt(mean + epsilon);
            row.each(head, [&](Index j) { out[j] = in[j] * scale * weight[j]; });
        }
    }
};

/// d = scale (w d - x scale^2 mean(w d x)), in place; on entry d is the gradient of y.
template <class T>
struct HeadNormBackwardRows {
    const T* x;
    Index x_stride;
    const T* weight;
    T* d;
    Index d_stride, heads, head;
    T epsilon;

    template <class Row>
    COCO_HD void operator()(Index i, const Row& row) const {
        const T n = static_cast<T>(head);
        for (Index h = 0; h < heads; ++h) {
            const T* const in = x + i * x_stride + h * head;
            T* const g = d + i * d_stride + h * head;
            const T mean = row.sum(head, [&](Index j) { return in[j] * in[j]; }) / n;
            const T scale = T(1) / math::sqrt(mean + epsilon);
            const T along =
                row.sum(head, [&](Index j) { return g[j] * weight[j] * in[j]; }) * scale * scale / n;
            row.each(head, [&](Index j) { g[j] = scale * (g[j] * weight[j] - in[j] * along); });
        }
    }
};

/// The norm with a given weight, 1 x head, the same for all heads of x.
class HeadNorm {
public:
    HeadNorm() = default;
    HeadNorm(const TensorRef& weight, double epsilon) : weight_(weight), epsilon_(epsilon) {}

    /// y = the norm of x, both rows x (heads * head).
    template <class P>
    void forward(Context<P>& ctx, CRows<P> x, Rows<P> y) const {
        using T = typename P::Scalar;
        ctx.on.for_each_row(x.rows, 2 * x.cols,
                            HeadNormRows<T>{x.data, x.stride, ctx.value(weight_).data, y.data, y.stride,
                                            x.cols / weight_.cols, weight_.cols, static_cast<T>(epsilon_)});
    }
    /// Turns the gradient of y into that of x, in place.
    template <class P>
    void backward(Context<P>& ctx, CRows<P> x, Rows<P> d) const {
        using T = typename P::Scalar;
        ctx.on.for_each_row(
            x.rows, 3 * x.cols,
            HeadNormBackwardRows<T>{x.data, x.stride, ctx.value(weight_).data, d.data, d.stride,
                                    x.cols / weight_.cols, weight_.cols, static_cast<T>(epsilon_)});
    }

private:
    TensorRef weight_;
    double epsilon_ = 1e-6;
};

}  // namespace coco::llm
