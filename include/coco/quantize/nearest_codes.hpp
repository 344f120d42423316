// SPDX-License-Identifier: Apache-2.0
/// \file
/// For each row the code at the least Euclidean distance.
#pragma once

#include <coco/nn/layer.hpp>

namespace coco::quantize {

/// bias_k = -|c_k|^2 / 2.
template <class T>
struct HalfSquares {
    const T* codes;
    Index stride, cols;
    T* bias;

    template <class Row>
    COCO_HD void operator()(Index k, const Row& row) const {
        const T* const c = codes + k * stride;
        const T squares = row.sum(cols, [c](Index j) { return c[j] * c[j]; });
        T* const to = bias + k;
        row.each(1, [=](Index) { *to = T(-0.5) * squares; });
    }
};

/// nearest_i = argmin_k |x_i - c_k|^2, the first among equals, as the column of largest x_i . c_k - |c_k|^2 /
/// 2; -1 where no score is a number. \param x  rows x d    \param codes  K x d    \param nearest  rows
template <class P>
void nearest_codes(Context<P>& ctx, CRows<P> x, CRows<P> codes, MutableIds<P> nearest) {
    using T = typename P::Scalar;
    if (x.rows == 0) return;
    const typename Workspace<P>::Frame frame(ctx.work);
    const Rows<P> bias = ctx.work.scratch(1, codes.rows), score = ctx.work.scratch(x.rows, 1);
    ctx.on.for_each_row(codes.rows, codes.cols,
                        HalfSquares<T>{codes.data, codes.stride, codes.cols, bias.data});
    ctx.on.top_k(x, codes, CRows<P>(bias), ExcludedItems<P>{}, 1, nearest, score);
}

}  // namespace coco::quantize
