// SPDX-License-Identifier: Apache-2.0
/// \file
/// InfoNCE between behaviour and item (CoCo's L_aux). Logits are cosines divided by the temperature;
/// negatives are the other targets of the batch, except those of the same group and repeats of the item.
#pragma once

#include <coco/core/role.hpp>
#include <coco/core/settings.hpp>
#include <coco/loss/concept.hpp>
#include <coco/nn/elementwise.hpp>
#include <coco/nn/embedding.hpp>
#include <coco/nn/normalize.hpp>
#include <coco/nn/sequence.hpp>

namespace coco::loss {

/// *loss += weight * mean over targets of -log softmax_t'(cos(h_t, v_t') / temperature)[t];
/// its gradients: dh =, dvectors +=.
/// \param h        targets x width
/// \param vectors  items x width
template <class P>
void info_nce(Context<P>& ctx, CRows<P> h, CRows<P> vectors, const Targets<P>& targets, double temperature,
              double weight, typename P::Scalar* loss, Rows<P> dh, Rows<P> dvectors) {
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
    classes.positive = targets.self;
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

/// InfoNCE as the loss of a model.
class InfoNce {
public:
    using Role = role::Objective;
    static constexpr const char* name = "info_nce";
    static constexpr bool touches_few = true;
    static constexpr bool needs_negatives = false;
    static constexpr bool needs_others = true;

    struct Config {
        double temperature = 0.1;

        static auto settings(auto& c, auto&& visit) {
            return visit(setting("temperature", c.temperature, above(0, 1000)));
        }
    };

    InfoNce() = default;
    explicit InfoNce(const Config& config) : config_(config) {}

    /// As `CrossEntropy::step`; reads `targets.self`, `excluded` and `by_item`.
    template <class P>
    void step(Context<P>& ctx, CRows<P> h, CRows<P> vectors, const Targets<P>& targets, double weight,
              typename P::Scalar* loss, Rows<P> dh, Rows<P> dvectors) const {
        info_nce<P>(ctx, h, vectors, targets, config_.temperature, weight, loss, dh, dvectors);
    }

private:
    Config config_;
};

}  // namespace coco::loss

static_assert(coco::Objective<coco::loss::InfoNce>);
