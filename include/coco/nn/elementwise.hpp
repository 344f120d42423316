// SPDX-License-Identifier: Apache-2.0
/// \file
/// Row kernels that many layers share: copy, sum, scaling, bias.
#pragma once

#include <coco/nn/layer.hpp>

namespace coco::nn {

/// out_ij (= or +=) factor * x_ij.
template <class T>
struct CopyRows {
    const T* x;
    Index x_stride;
    T* out;
    Index out_stride, cols;
    T factor;
    Write write;

    template <class Row>
    COCO_HD void operator()(Index i, const Row& row) const {
        const T* const from = x + i * x_stride;
        T* const to = out + i * out_stride;
        if (write == Write::set)
            row.each(cols, [&](Index j) { to[j] = factor * from[j]; });
        else
            row.each(cols, [&](Index j) { to[j] += factor * from[j]; });
    }
};

/// out (= or +=) factor * x, both rows x cols.
template <class P>
void copy(P& on, CRows<P> x, Rows<P> out, Write write = Write::set, typename P::Scalar factor = 1) {
    if (x.empty()) return;
    on.for_each_row(
        x.rows, (write == Write::add ? 3 : 2) * x.cols,
        CopyRows<typename P::Scalar>{x.data, x.stride, out.data, out.stride, x.cols, factor, write});
}

/// out_ij = a_ij + b_ij.
template <class T>
struct AddRows {
    const T* a;
    Index a_stride;
    const T* b;
    Index b_stride;
    T* out;
    Index out_stride, cols;

    template <class Row>
    COCO_HD void operator()(Index i, const Row& row) const {
        const T *const p = a + i * a_stride, *const q = b + i * b_stride;
        T* const to = out + i * out_stride;
        row.each(cols, [&](Index j) { to[j] = p[j] + q[j]; });
    }
};

/// out = a + b.
template <class P>
void add(P& on, CRows<P> a, CRows<P> b, Rows<P> out) {
    if (a.empty()) return;
    on.for_each_row(
        a.rows, 3 * a.cols,
        AddRows<typename P::Scalar>{a.data, a.stride, b.data, b.stride, out.data, out.stride, a.cols});
}

/// a + b, kept in the workspace.
template <class P>
CRows<P> sum(Context<P>& ctx, CRows<P> a, CRows<P> b) {
    const Rows<P> out = ctx.work.keep(a.rows, a.cols);
    add<P>(ctx.on, a, b, out);
    return out;
}

/// out_i = factor_i x_i.
template <class T>
struct ScaleRows {
    const T* x;
    Index x_stride;
    const T* factor;
    T* out;
    Index cols;

    template <class Row>
    COCO_HD void operator()(Index i, const Row& row) const {
        const T* const from = x + i * x_stride;
        T* const to = out + i * cols;
        const T f = factor[i];
        row.each(cols, [&](Index j) { to[j] = f * from[j]; });
    }
};

/// (i, 0) -> a_i b_i.
template <class T>
struct DotTerm {
    const T* a;
    Index a_stride;
    const T* b;
    Index b_stride, cols;

    COCO_HD T operator()(Index i, Index) const {
        T sum = 0;
        for (Index j = 0; j < cols; ++j) sum += a[i * a_stride + j] * b[i * b_stride + j];
        return sum;
    }
};

/// x_ij += factor * values_j.
template <class T>
struct AddRow {
    const T* values;
    T* x;
    Index stride, cols;
    T factor = 1;

    template <class Row>
    COCO_HD void operator()(Index i, const Row& row) const {
        T* const to = x + i * stride;
        row.each(cols, [&](Index j) { to[j] += factor * values[j]; });
    }
};

/// (i, j) -> x_ij; for sums over rows with `reduce`.
template <class T>
struct Element {
    const T* x;
    Index stride;

    COCO_HD T operator()(Index i, Index j) const { return x[i * stride + j]; }
};

/// Sets every element of a dense matrix.
template <class P>
void fill(P& on, Rows<P> x, typename P::Scalar value) {
    on.fill(List<typename P::Scalar, typename P::Space>{x.data, x.size()}, value);
}

}  // namespace coco::nn
