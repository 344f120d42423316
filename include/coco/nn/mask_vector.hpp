// SPDX-License-Identifier: Apache-2.0
/// \file
/// The learned vector of a masked row, which stands where an item is hidden ([MASK] of BERT4Rec and S3-Rec).
/// A row is masked where its item is `no_id`: `gather` gives zeros for it, and inverse lists skip it.
#pragma once

#include <string_view>

#include <coco/nn/elementwise.hpp>
#include <coco/nn/layer.hpp>

namespace coco::nn {

/// x_i += vector where id_i is -1.
template <class T>
struct AddToMaskedRows {
    const Id* id;
    const T* vector;
    T* x;
    Index stride, cols;

    template <class Row>
    COCO_HD void operator()(Index i, const Row& row) const {
        if (id[i] >= 0) return;
        T* const to = x + i * stride;
        row.each(cols, [&](Index j) { to[j] += vector[j]; });
    }
};

/// (i, j) -> x_ij where id_i is -1, else 0; for sums over masked rows with `reduce`.
template <class T>
struct MaskedElement {
    const Id* id;
    const T* x;
    Index stride;

    COCO_HD T operator()(Index i, Index j) const { return id[i] < 0 ? x[i * stride + j] : T(0); }
};

/// One vector for all masked rows, 1 x width.
class MaskVector {
public:
    MaskVector() = default;
    [[gnu::cold, gnu::noinline]] MaskVector(ParameterLayout& layout, std::string_view name, Index width,
                                            Init init)
        : vector_(layout.claim(name, 1, width, init)) {}

    /// x_i += vector for masked rows. \param item  of each row, -1: masked    \param x  rows x width
    template <class P>
    void add(Context<P>& ctx, Ids<P> item, Rows<P> x) const {
        ctx.on.for_each_row(item.size, 2 * x.cols,
                            AddToMaskedRows<typename P::Scalar>{item.data, ctx.value(vector_).data, x.data,
                                                                x.stride, x.cols});
    }

    /// The vector's gradient += the sum of the masked rows of dx.
    template <class P>
    void backward(Context<P>& ctx, Ids<P> item, CRows<P> dx) const {
        if (const Rows<P> gradient = ctx.gradient(vector_); !gradient.empty())
            ctx.on.reduce(item.size, gradient,
                          MaskedElement<typename P::Scalar>{item.data, dx.data, dx.stride});
    }

private:
    TensorRef vector_;
};

}  // namespace coco::nn
