// SPDX-License-Identifier: Apache-2.0
/// \file
/// An adapter applied in one layer of a decoder, to the rows of one pass.
#pragma once

#include <coco/adapter/projections.hpp>
#include <coco/nn/layer.hpp>

namespace coco::llm {

/// The changes of one layer's maps. Also serves as the `beside` argument of `nn::GatedFeedForward`.
template <class P, class Adapter>
class Adapted {
    using Projection = adapter::Projection;

public:
    /// \param row_key  one key per row of the pass, for dropout
    Adapted(const Adapter& adapter, Index layer, const adapter::Sizes& sizes, Ids<P> row_key)
        : adapter_(&adapter), layer_(layer), sizes_(sizes), row_key_(row_key) {}

    /// Whether the adapter changes any of these maps.
    template <class... Some>
    bool changes(Some... some) const {
        return (adapter_->changes(some) || ...);
    }
    /// y += the change of map p, applied to x.
    void forward(Context<P>& ctx, Projection p, CRows<P> x, Rows<P> y) const {
        adapter_->forward(ctx, layer_, p, x, row_key_, y);
    }
    /// Adds the gradients of the adapter, and its contribution to dx.
    void backward(Context<P>& ctx, Projection p, CRows<P> x, CRows<P> dy, Rows<P> dx) const {
        adapter_->backward(ctx, layer_, p, x, row_key_, dy, dx);
    }

    /// The changes of the three maps of the same rows, y = [query | key | value].
    void query_key_value(Context<P>& ctx, CRows<P> x, Rows<P> y) const {
        Index first = 0;
        for (const Projection p : {Projection::query, Projection::key, Projection::value}) {
            forward(ctx, p, x, y.cols_from(first, sizes_.out(p)));
            first += sizes_.out(p);
        }
    }
    void query_key_value_backward(Context<P>& ctx, CRows<P> x, CRows<P> dy, Rows<P> dx) const {
        Index first = 0;
        for (const Projection p : {Projection::query, Projection::key, Projection::value}) {
            backward(ctx, p, x, dy.cols_from(first, sizes_.out(p)), dx);
            first += sizes_.out(p);
        }
    }

    bool reads_hidden() const { return changes(Projection::down); }
    void gate_up(Context<P>& ctx, CRows<P> x, Rows<P> z) const {
        forward(ctx, Projection::gate, x, z.cols_from(0, sizes_.hidden));
        forward(ctx, Projection::up, x, z.cols_from(sizes_.hidden, sizes_.hidden));
    }
    void down(Context<P>& ctx, CRows<P> x, Rows<P> y) const { forward(ctx, Projection::down, x, y); }
    void gate_up_backward(Context<P>& ctx, CRows<P> x, CRows<P> dz, Rows<P> dx) const {
        backward(ctx, Projection::gate, x, dz.cols_from(0, sizes_.hidden), dx);
        backward(ctx, Projection::up, x, dz.cols_from(sizes_.hidden, sizes_.hidden), dx);
    }
    void down_backward(Context<P>& ctx, CRows<P> x, CRows<P> dy, Rows<P> dx) const {
        backward(ctx, Projection::down, x, dy, dx);
    }

private:
    const Adapter* adapter_;
    Index layer_;
    adapter::Sizes sizes_;
    Ids<P> row_key_;
};

}  // namespace coco::llm
