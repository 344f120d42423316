// SPDX-License-Identifier: Apache-2.0
/// \file
/// Cross-entropy over the whole catalogue of cosines divided by a temperature: L = mean over targets of
/// -log softmax(cos(h, v) / temperature)[item], the loss with which UniSRec is fine-tuned.
#pragma once

#include <coco/core/role.hpp>
#include <coco/core/settings.hpp>
#include <coco/loss/concept.hpp>
#include <coco/nn/elementwise.hpp>
#include <coco/nn/normalize.hpp>
#include <coco/nn/sequence.hpp>

namespace coco::loss {

/// Softmax over all items. A model that is trained with it ranks by cosines too: by item vectors of length 1.
class CosineCrossEntropy {
public:
    using Role = role::Objective;
    static constexpr const char* name = "cosine_cross_entropy";
    static constexpr bool needs_negatives = false;

    struct Config {
        double temperature = 0.07;

        static auto settings(auto& c, auto&& visit) {
            return visit(setting("temperature", c.temperature, above(0, 1000)));
        }
    };

    CosineCrossEntropy() = default;
    explicit CosineCrossEntropy(const Config& config) : config_(config) {}

    /// *loss += weight * L; its gradients: dh =, dvectors +=.
    /// \param h        targets x width
    /// \param vectors  items x width
    template <class P>
    void step(Context<P>& ctx, CRows<P> h, CRows<P> vectors, const Targets<P>& targets, double weight,
              typename P::Scalar* loss, Rows<P> dh, Rows<P> dvectors) const {
        using T = typename P::Scalar;
        if (h.rows == 0) return;
        const nn::Normalized<P> hn = nn::normalize<P>(ctx, h), vn = nn::normalize<P>(ctx, vectors);
        const typename Workspace<P>::Frame frame(ctx.work);
        const Rows<P> dhn = dh.empty() ? dh : ctx.work.scratch(h.rows, h.cols),
                      dvn = dvectors.empty() ? dvectors : ctx.work.scratch(vectors.rows, vectors.cols);
        if (!dvn.empty()) nn::fill<P>(ctx.on, dvn, 0);
        Classes<P> classes;
        classes.columns = vn.y;
        classes.inverse_temperature = static_cast<T>(1 / config_.temperature);
        classes.positive = targets.item;
        ctx.on.softmax_cross_entropy(CRows<P>(hn.y), classes,
                                     static_cast<T>(weight / static_cast<double>(h.rows)), loss, dhn, dvn,
                                     Rows<P>{});
        if (!dh.empty()) nn::normalize_backward<P>(ctx, hn, CRows<P>(dhn), dh);
        if (!dvn.empty()) nn::normalize_backward<P>(ctx, vn, CRows<P>(dvn), dvectors, Write::add);
    }

private:
    Config config_;
};

}  // namespace coco::loss

static_assert(coco::Objective<coco::loss::CosineCrossEntropy>);
