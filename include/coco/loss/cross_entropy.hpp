// SPDX-License-Identifier: Apache-2.0
/// \file
/// Cross-entropy over the whole catalogue: L = mean over targets of -log softmax(h V')[item].
#pragma once

#include <coco/core/role.hpp>
#include <coco/loss/concept.hpp>
#include <coco/nn/layer.hpp>
#include <coco/nn/sequence.hpp>

namespace coco::loss {

/// Softmax over all items.
struct CrossEntropy {
    using Role = role::Objective;
    static constexpr const char* name = "cross_entropy";
    static constexpr bool needs_negatives = false;

    /// *loss += weight * L; its gradients: dh =, dvectors +=.
    /// \param h        targets x width
    /// \param vectors  items x width
    template <class P>
    static void step(Context<P>& ctx, CRows<P> h, CRows<P> vectors, const Targets<P>& targets, double weight,
                     typename P::Scalar* loss, Rows<P> dh, Rows<P> dvectors) {
        Classes<P> classes;
        classes.columns = vectors;
        classes.positive = targets.item;
        if (h.rows == 0) return;
        ctx.on.softmax_cross_entropy(h, classes,
                                     static_cast<typename P::Scalar>(weight / static_cast<double>(h.rows)),
                                     loss, dh, dvectors, Rows<P>{});
    }
};

}  // namespace coco::loss

static_assert(coco::Objective<coco::loss::CrossEntropy>);
