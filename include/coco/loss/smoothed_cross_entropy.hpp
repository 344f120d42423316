// SPDX-License-Identifier: Apache-2.0
/// \file
/// Cross-entropy over the whole catalogue with label smoothing (Szegedy et al., CVPR 2016): the target
/// distribution is 1 - epsilon on the item and epsilon spread evenly over all items.
#pragma once

#include <coco/core/role.hpp>
#include <coco/core/settings.hpp>
#include <coco/loss/cross_entropy.hpp>
#include <coco/nn/elementwise.hpp>
#include <coco/nn/embedding.hpp>

namespace coco::loss {

/// beyond_t = v_item - mean, the difference by which smoothing changes a target's gradient; its product with
/// h_t, times `scale`, is what it adds to the loss.
template <class T>
struct BeyondMeanRows {
    const T* h;
    Index h_stride;
    const T* vectors;
    Index v_stride;
    const Id* item;
    const T* sum;  ///< of all item vectors, 1 x cols
    T* losses;     ///< targets x 1
    T* dh;         ///< += scale * beyond; may be null
    Index dh_stride, cols;
    T share, scale;  ///< 1 / items

    template <class Row>
    COCO_HD void operator()(Index t, const Row& row) const {
        const T *const x = h + t * h_stride, *const v = vectors + item[t] * v_stride;
        const T added = scale * row.sum(cols, [&](Index j) { return x[j] * (v[j] - share * sum[j]); });
        row.each(1, [&](Index) { losses[t] = added; });
        if (!dh) return;
        T* const to = dh + t * dh_stride;
        row.each(cols, [&](Index j) { to[j] += scale * (v[j] - share * sum[j]); });
    }
};

/// Since all scores share one denominator, -sum_j q_j log p_j = -log p_item + epsilon h.(v_item - mean_j
/// v_j): the product with the mean vector costs nothing beside the softmax.
class SmoothedCrossEntropy {
public:
    using Role = role::Objective;
    static constexpr const char* name = "smoothed_cross_entropy";
    static constexpr bool needs_negatives = false;

    struct Config {
        double epsilon = 0.1;  ///< 0: CrossEntropy

        static auto settings(auto& c, auto&& visit) {
            return visit(setting("epsilon", c.epsilon, below(0, 1)));
        }
    };

    SmoothedCrossEntropy() = default;
    explicit SmoothedCrossEntropy(const Config& config) : config_(config) {}

    /// As `CrossEntropy::step`; reads `targets.by_item` too.
    template <class P>
    void step(Context<P>& ctx, CRows<P> h, CRows<P> vectors, const Targets<P>& targets, double weight,
              typename P::Scalar* loss, Rows<P> dh, Rows<P> dvectors) const {
        using T = typename P::Scalar;
        if (h.rows == 0) return;
        CrossEntropy::step(ctx, h, vectors, targets, weight, loss, dh, dvectors);
        const typename Workspace<P>::Frame frame(ctx.work);
        const T scale = static_cast<T>(config_.epsilon * weight / static_cast<double>(h.rows)),
                share = T(1) / static_cast<T>(vectors.rows);
        const Rows<P> sum = ctx.work.scratch(1, h.cols), losses = ctx.work.scratch(h.rows, 1);
        nn::fill<P>(ctx.on, sum, 0);
        ctx.on.reduce(vectors.rows, sum, nn::Element<T>{vectors.data, vectors.stride});
        ctx.on.for_each_row(
            h.rows, 6 * h.cols,
            BeyondMeanRows<T>{h.data, h.stride, vectors.data, vectors.stride, targets.item.data, sum.data,
                              losses.data, dh.data, dh.stride, h.cols, share, scale});
        ctx.on.reduce(h.rows, Rows<P>{loss, 1, 1}, nn::Element<T>{losses.data, 1});
        if (dvectors.empty()) return;
        const Rows<P> scaled = ctx.work.scratch(h.rows, h.cols);
        nn::copy<P>(ctx.on, h, scaled, Write::set, scale);
        nn::scatter<P>(ctx.on, CRows<P>(scaled), targets.by_item, dvectors);
        nn::fill<P>(ctx.on, sum, 0);
        ctx.on.reduce(h.rows, sum, nn::Element<T>{scaled.data, scaled.stride});
        ctx.on.for_each_row(vectors.rows, 2 * h.cols,
                            nn::AddRow<T>{sum.data, dvectors.data, dvectors.stride, h.cols, -share});
    }

private:
    Config config_;
};

}  // namespace coco::loss

static_assert(coco::Objective<coco::loss::SmoothedCrossEntropy>);
