// SPDX-License-Identifier: Apache-2.0
/// \file
/// How much a ranking trusts the text of an item, by how often the item was seen in training: behaviour knows
/// frequent items well and rare ones hardly, and a text says as much of the one as of the other.
#pragma once

#include <coco/core/math.hpp>
#include <coco/nn/elementwise.hpp>
#include <coco/pipeline/batch.hpp>

namespace coco {

/// out_i = exp(-gate x_i) kappa_i.
template <class T>
struct GatedRows {
    const T* kappa;
    Index kappa_stride;
    const T* popularity;
    const T* gate;
    T* out;
    Index out_stride, cols;

    template <class Row>
    COCO_HD void operator()(Index i, const Row& row) const {
        const T* const from = kappa + i * kappa_stride;
        T* const to = out + i * out_stride;
        const T by = math::exp(-*gate * popularity[i]);
        row.each(cols, [&](Index j) { to[j] = by * from[j]; });
    }
};

/// (i, 0) -> -x_i y_i dy_i, the term of item i in the gate's gradient.
template <class T>
struct GateTerm {
    const T* popularity;
    nn::DotTerm<T> product;

    COCO_HD T operator()(Index i, Index j) const { return -popularity[i] * product(i, j); }
};

/// g_i = exp(-gate x_i), x the centred log of the item's occurrences in training: a power of the occurrences,
/// monotone and positive, 1 for all items at gate = 0, where training starts; above 0 it favours rare items.
class PopularityGate {
public:
    PopularityGate() = default;
    explicit PopularityGate(ParameterLayout& layout)
        : gate_(layout.claim("channel.gate", 1, 1, Init::zeros())) {}

    const TensorRef& gate() const { return gate_; }

    /// out = g kappa (=). \param popularity  x, items x 1
    template <class P>
    void forward(Context<P>& ctx, CRows<P> kappa, CRows<P> popularity, Rows<P> out) const {
        ctx.on.for_each_row(
            kappa.rows, 2 * kappa.cols,
            GatedRows<typename P::Scalar>{kappa.data, kappa.stride, popularity.data, ctx.value(gate_).data,
                                          out.data, out.stride, kappa.cols});
    }
    /// Adds to the gate's gradient; kappa has none. \param y  g kappa
    template <class P>
    void backward(Context<P>& ctx, CRows<P> popularity, CRows<P> y, CRows<P> dy) const {
        if (const Rows<P> d = ctx.gradient(gate_); !d.empty())
            ctx.on.reduce(y.rows, d,
                          GateTerm<typename P::Scalar>{popularity.data,
                                                       {y.data, y.stride, dy.data, dy.stride, y.cols}});
    }

private:
    TensorRef gate_;
};

}  // namespace coco
