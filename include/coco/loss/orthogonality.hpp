// SPDX-License-Identifier: Apache-2.0
/// \file
/// CoCo's L_ortho: the mean over pairs of codes of cos(z_i, z_j), computed as
/// (|sum z/|z||^2 - K) / (K (K - 1)); or the mean of its square, to penalise both signs of the cosine.
#pragma once

#include <array>

#include <coco/core/settings.hpp>
#include <coco/nn/elementwise.hpp>
#include <coco/nn/normalize.hpp>

namespace coco::loss {

/// What is averaged over pairs.
enum class Orthogonality : bool { cosine, squared };
inline auto names_of(Orthogonality) {
    return std::array{NameOf{Orthogonality::cosine, "cosine"}, NameOf{Orthogonality::squared, "squared"}};
}

/// i -> sum over j of x_ij y_ij.
template <class T>
struct ProductTerm {
    const T *x, *y;
    Index cols;

    COCO_HD T operator()(Index i, Index) const {
        T sum = 0;
        for (Index j = 0; j < cols; ++j) sum += x[i * cols + j] * y[i * cols + j];
        return sum;
    }
};

/// *loss += factor * (sum - K).
template <class T>
struct OrthogonalityValue {
    const T* sum;
    T* loss;
    T factor, codes;

    template <class Row>
    COCO_HD void operator()(Index, const Row& row) const {
        row.each(1, [&](Index) { *loss += factor * (*sum - codes); });
    }
};

/// out_ij = x_j: copies one row to every row.
template <class T>
struct BroadcastRow {
    const T* x;
    T* out;
    Index cols;

    template <class Row>
    COCO_HD void operator()(Index i, const Row& row) const {
        row.each(cols, [&](Index j) { out[i * cols + j] = x[j]; });
    }
};

/// *loss += weight * L_ortho of codes, K x d with K >= 2; dcodes += its gradient.
template <class P>
void orthogonality(Context<P>& ctx, CRows<P> codes, Orthogonality kind, double weight,
                   typename P::Scalar* loss, Rows<P> dcodes) {
    using T = typename P::Scalar;
    const Index count = codes.rows, width = codes.cols;
    if (count < 2) return;
    const T factor = static_cast<T>(weight / static_cast<double>(count * (count - 1)));
    const nn::Normalized<P> unit = nn::normalize<P>(ctx, codes);
    const typename Workspace<P>::Frame frame(ctx.work);
    const Rows<P> partner = ctx.work.scratch(count, width), sum = ctx.work.scratch(1, 1);
    nn::fill<P>(ctx.on, sum, 0);
    // The partner of each code: the sum of all unit codes, or their sum weighted by their cosines with it.
    // The diagonal term is constant: its gradient is parallel to the code, and `normalize_backward` removes
    // it.
    if (kind == Orthogonality::cosine) {
        const Rows<P> total = ctx.work.scratch(1, width);
        nn::fill<P>(ctx.on, total, 0);
        ctx.on.reduce(count, total, nn::Element<T>{unit.y.data, width});
        ctx.on.for_each_row(count, width, BroadcastRow<T>{total.data, partner.data, width});
    } else {
        const Rows<P> cosine = ctx.work.scratch(count, count);
        ctx.on.multiply(CRows<P>(unit.y), Op::plain, CRows<P>(unit.y), Op::transposed, cosine);
        ctx.on.multiply(CRows<P>(cosine), Op::plain, CRows<P>(unit.y), Op::plain, partner);
    }
    ctx.on.reduce(count, sum, ProductTerm<T>{unit.y.data, partner.data, width});
    ctx.on.for_each_row(1, 1, OrthogonalityValue<T>{sum.data, loss, factor, static_cast<T>(count)});
    if (dcodes.empty()) return;
    const Rows<P> d = ctx.work.scratch(count, width);
    nn::copy<P>(ctx.on, CRows<P>(partner), d, Write::set,
                (kind == Orthogonality::cosine ? T(2) : T(4)) * factor);
    nn::normalize_backward<P>(ctx, unit, CRows<P>(d), dcodes, Write::add);
}

}  // namespace coco::loss
