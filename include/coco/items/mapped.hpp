// SPDX-License-Identifier: Apache-2.0
/// \file
/// Item vectors that are a table plus a linear map of given columns, v_i = E_i + T_i W'.
#pragma once

#include <coco/nn/linear.hpp>

namespace coco::items {

/// What forward leaves for backward.
template <class P>
struct MappedVectors {
    Rows<P> vectors;   ///< items x width
    Rows<P> gradient;  ///< of `vectors`, zero at first; empty if not computed
    nn::Linear::Saved<P> mapped;
};

/// \param table  E, items x width    \param given  T, items x the map's input width    \param map  W
template <class P>
MappedVectors<P> mapped_vectors(Context<P>& ctx, const TensorRef& table, CRows<P> given,
                                const nn::Linear& map) {
    MappedVectors<P> saved;
    saved.mapped = map.forward(ctx, given);
    saved.vectors = ctx.work.keep(table.rows, table.cols);
    nn::add<P>(ctx.on, ctx.value(table), CRows<P>(saved.mapped.out), saved.vectors);
    if (!ctx.gradient(table).empty()) {
        saved.gradient = ctx.work.keep(table.rows, table.cols);
        nn::fill<P>(ctx.on, saved.gradient, 0);
    }
    return saved;
}

/// Adds to the gradients of E and W from the vectors' gradient; nothing where it is empty.
template <class P>
void mapped_vectors_backward(Context<P>& ctx, const TensorRef& table, const nn::Linear& map,
                             const nn::Linear::Saved<P>& mapped, Rows<P> gradient) {
    if (gradient.empty()) return;
    if (const Rows<P> d = ctx.gradient(table); !d.empty())
        nn::copy<P>(ctx.on, CRows<P>(gradient), d, Write::add);
    map.backward(ctx, mapped, CRows<P>(gradient), Rows<P>{});
}

}  // namespace coco::items
