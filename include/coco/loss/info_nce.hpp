// SPDX-License-Identifier: Apache-2.0
/// \file
/// InfoNCE between behaviour and item (CoCo's L_aux). Logits are cosines divided by the temperature;
/// negatives are the other targets of the batch, except those of the same group and repeats of the item.
#pragma once

#include <coco/nn/elementwise.hpp>
#include <coco/nn/embedding.hpp>
#include <coco/nn/normalize.hpp>
#include <coco/nn/sequence.hpp>

namespace coco::loss {

/// *loss += weight * mean over targets of -log softmax_t'(cos(h_t, v_t') / temperature)[t];
/// its gradients: dh =, dvectors +=.
/// \param h        targets x width
/// \param vectors  items x width
/// \param self     0 .. targets-1: the column of each target
template <class P>
void info_nce(Context<P>& ctx, CRows<P> h, CRows<P> vectors, const Targets<P>& targets, Ids<P> self,
              double temperature, double weight, typename P::Scalar* loss, Rows<P> dh, Rows<P> dvectors) {
    using T = typename P::Scalar;
    if (h.rows == 0) return;
    const Rows<P> v = ctx.work.keep(h.rows, h.cols);
    nn::gather<P>(ctx.on, vectors, targets.item, v);
    const nn::Normalized<P> hn = nn::normalize<P>(ctx, h), vn = nn::normalize<P>(ctx, CRows<P>(v));
    const typename Workspace<P>::Frame frame(ctx.work);
    const Rows<P> dhn = ctx.work.scratch(h.rows, h.cols), dvn = ctx.work.scratch(h.rows, h.cols);
    nn::fill<P>(ctx.on, dvn, 0);
    Classes<P> classes;
    classes.columns = vn.y;
    classes.inverse_temperature = static_cast<T>(1 / temperature);
    classes.positive = self;
    classes.excluded_of = targets.excluded_of;
    classes.excluded = targets.excluded;
    ctx.on.softmax_cross_entropy(CRows<P>(hn.y), classes,
                                 static_cast<T>(weight / static_cast<double>(h.rows)), loss, dhn, dvn,
                                 Rows<P>{});
    nn::normalize_backward<P>(ctx, hn, CRows<P>(dhn), dh);
    if (dvectors.empty()) return;
    nn::normalize_backward<P>(ctx, vn, CRows<P>(dvn), dhn);
    nn::scatter<P>(ctx.on, CRows<P>(dhn), targets.by_item, dvectors);
}

}  // namespace coco::loss
