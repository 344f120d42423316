// SPDX-License-Identifier: Apache-2.0
/// \file
/// L2 normalisation of rows: y = x / |x|, for cosines.
#pragma once

#include <coco/core/math.hpp>
#include <coco/nn/layer.hpp>

namespace coco::nn {

/// y = x / length, length = max(|x|, 1e-12).
template <class T>
struct NormalizeRows {
    const T* x;
    Index x_stride;
    T* y;
    T* length;
    Index cols;

    template <class Row>
    COCO_HD void operator()(Index i, const Row& row) const {
        const T* const from = x + i * x_stride;
        T* const to = y + i * cols;
        const T norm = math::sqrt(row.sum(cols, [&](Index j) { return from[j] * from[j]; }));
        const T divisor = norm > T(1e-12) ? norm : T(1e-12);
        row.each(cols, [&](Index j) { to[j] = from[j] / divisor; });
        row.each(1, [&](Index) { length[i] = divisor; });
    }
};

/// dx (= or +=) (dy - y (y.dy)) / |x|.
template <class T>
struct NormalizeBackwardRows {
    const T* y;
    const T* length;
    const T* dy;
    Index dy_stride;
    T* dx;
    Index dx_stride, cols;
    Write write;

    template <class Row>
    COCO_HD void operator()(Index i, const Row& row) const {
        const T *const unit = y + i * cols, *const g = dy + i * dy_stride;
        T* const to = dx + i * dx_stride;
        const T along = row.sum(cols, [&](Index j) { return unit[j] * g[j]; });
        const T scale = T(1) / length[i];
        if (write == Write::set)
            row.each(cols, [&](Index j) { to[j] = (g[j] - unit[j] * along) * scale; });
        else
            row.each(cols, [&](Index j) { to[j] += (g[j] - unit[j] * along) * scale; });
    }
};

/// Rows of length one and their original lengths.
template <class P>
struct Normalized {
    Rows<P> y;       ///< rows x cols
    Rows<P> length;  ///< rows x 1
};

template <class P>
Normalized<P> normalize(Context<P>& ctx, CRows<P> x) {
    const Normalized<P> n{ctx.work.keep(x.rows, x.cols), ctx.work.keep(x.rows, 1)};
    if (x.rows > 0)
        ctx.on.for_each_row(
            x.rows, 2 * x.cols,
            NormalizeRows<typename P::Scalar>{x.data, x.stride, n.y.data, n.length.data, x.cols});
    return n;
}

template <class P>
void normalize_backward(Context<P>& ctx, const Normalized<P>& n, CRows<P> dy, Rows<P> dx,
                        Write write = Write::set) {
    if (dy.rows == 0 || dx.empty()) return;
    ctx.on.for_each_row(dy.rows, 3 * dy.cols,
                        NormalizeBackwardRows<typename P::Scalar>{n.y.data, n.length.data, dy.data, dy.stride,
                                                                  dx.data, dx.stride, dy.cols, write});
}

}  // namespace coco::nn
