// SPDX-License-Identifier: Apache-2.0
/// \file
/// Rows times one number that lies in the policy's memory, as parameters do.
#pragma once

#include <coco/nn/layer.hpp>

namespace coco::nn {

/// out_ij = factor x_ij.
template <class T>
struct ScaledByRows {
    const T* x;
    Index x_stride;
    const T* factor;
    T* out;
    Index out_stride, cols;

    template <class Row>
    COCO_HD void operator()(Index i, const Row& row) const {
        const T* const from = x + i * x_stride;
        T* const to = out + i * out_stride;
        const T by = *factor;
        row.each(cols, [&](Index j) { to[j] = by * from[j]; });
    }
};

/// out = factor x; out may be x itself. \param factor  1 x 1
template <class P>
void scale_by(Context<P>& ctx, CRows<P> x, CRows<P> factor, Rows<P> out) {
    if (x.rows > 0)
        ctx.on.for_each_row(
            x.rows, 2 * x.cols,
            ScaledByRows<typename P::Scalar>{x.data, x.stride, factor.data, out.data, out.stride, x.cols});
}

}  // namespace coco::nn
