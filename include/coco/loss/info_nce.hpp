// SPDX-License-Identifier: Apache-2.0
/// \file
/// InfoNCE between behaviour and item (CoCo's L_aux): cosine over temperature, negatives the other targets
/// of the batch except the group's own and repeats of the item.
#pragma once

#include <coco/nn/elementwise.hpp>
#include <coco/nn/embedding.hpp>
#include <coco/nn/normalize.hpp>
#include <coco/nn/sequence.hpp>

namespace coco::loss {

/// *loss += weight * mean over targets of -log softmax_t'(cos(h_t, v_t') / temperature)[t];
/// dh = and dvectors += its gradient.
/// \param h        targets x width
/// \param vectors  items x width
/// \param self     0 .. targets-1: each target's own column
template <class P>
void info_nce(Run<P>& run, CRows<P> h, CRows<P> vectors, const Targets<P>& targets, Ids<P> self,
              double temperature, double weight, typename P::Scalar* loss, Rows<P> dh, Rows<P> dvectors) {
    using T = typename P::Scalar;
    if (h.rows == 0) return;
    const Rows<P> v = run.work.keep(h.rows, h.cols);
    nn::gather<P>(run.on, vectors, targets.item, v);
    const nn::Normalized<P> hn = nn::normalize<P>(run, h), vn = nn::normalize<P>(run, CRows<P>(v));
    const typename Workspace<P>::Frame frame(run.work);
    const Rows<P> dhn = run.work.scratch(h.rows, h.cols), dvn = run.work.scratch(h.rows, h.cols);
    nn::fill<P>(run.on, dvn, 0);
    Classes<P> classes;
    classes.columns = vn.y;
    classes.inverse_temperature = static_cast<T>(1 / temperature);
    classes.positive = self;
    classes.excluded_of = targets.excluded_of;
    classes.excluded = targets.excluded;
    run.on.classify(CRows<P>(hn.y), classes, static_cast<T>(weight / static_cast<double>(h.rows)), loss, dhn,
                    dvn, Rows<P>{});
    nn::normalize_backward<P>(run, hn, CRows<P>(dhn), dh);
    if (dvectors.empty()) return;
    nn::normalize_backward<P>(run, vn, CRows<P>(dvn), dhn);
    nn::scatter<P>(run.on, CRows<P>(dhn), targets.by_item, dvectors);
}

}  // namespace coco::loss
