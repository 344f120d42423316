// SPDX-License-Identifier: Apache-2.0
/// \file
/// CoCo's L_Q: the mean over groups of |sg(e) - z_k|^2, where k is the nearest code. The stop-gradient on e
/// prevents both sides from shrinking to zero together.
#pragma once

#include <coco/nn/elementwise.hpp>
#include <coco/nn/layer.hpp>

namespace coco::loss {

/// (g, 0) -> factor |e_g - z_nearest(g)|^2.
template <class T>
struct QuantizationTerm {
    const T* e;
    Index e_stride;
    const T* codes;
    Index code_stride;
    const Id* nearest;
    Index cols;
    T factor;

    COCO_HD T operator()(Index g, Index) const {
        T sum = 0;
        for (Index j = 0; j < cols; ++j) {
            const T d = e[g * e_stride + j] - codes[nearest[g] * code_stride + j];
            sum += d * d;
        }
        return factor * sum;
    }
};

/// dz_k += 2 factor (z_k - e_g), summed in order over the groups g whose nearest code is k.
template <class T>
struct QuantizationGradient {
    const T* e;
    Index e_stride;
    const T* codes;
    Index code_stride;
    const Id* nearest;
    Index groups;
    T* dcodes;
    Index d_stride, cols;
    T factor;

    template <class Row>
    COCO_HD void operator()(Index k, const Row& row) const {
        const T* const z = codes + k * code_stride;
        T* const d = dcodes + k * d_stride;
        for (Index g = 0; g < groups; ++g) {
            if (nearest[g] != static_cast<Id>(k)) continue;
            const T* const x = e + g * e_stride;
            row.each(cols, [&](Index j) { d[j] += T(2) * factor * (z[j] - x[j]); });
        }
    }
};

/// *loss += weight * L_Q; dcodes += its gradient.
/// \param e        groups x d     \param codes  K x d     \param nearest  one code per group
template <class P>
void quantization(Context<P>& ctx, CRows<P> e, CRows<P> codes, Ids<P> nearest, double weight,
                  typename P::Scalar* loss, Rows<P> dcodes) {
    using T = typename P::Scalar;
    if (e.rows == 0) return;
    const T factor = static_cast<T>(weight / static_cast<double>(e.rows));
    ctx.on.reduce(
        e.rows, Rows<P>{loss, 1, 1},
        QuantizationTerm<T>{e.data, e.stride, codes.data, codes.stride, nearest.data, e.cols, factor});
    if (!dcodes.empty())
        ctx.on.for_each_row(codes.rows, codes.cols,
                            QuantizationGradient<T>{e.data, e.stride, codes.data, codes.stride, nearest.data,
                                                    e.rows, dcodes.data, dcodes.stride, e.cols, factor});
}

}  // namespace coco::loss
