// SPDX-License-Identifier: Apache-2.0
/// \file
/// Softmax over each target and n negatives that the batch shares: L = mean over targets of
/// -log exp(x+) / (exp(x+) + sum over j of exp(x_j)), x_j = h.v_j / temperature - log(n q_j). q_j is the
/// chance that a draw is item j, so that the sum is an unbiased estimate of the sum over the catalogue, and
/// the loss goes towards full cross-entropy as n grows (Bengio and Senecal, 2008). A negative that is the
/// target itself is left out.
#pragma once

#include <array>
#include <cstdint>

#include <coco/core/math.hpp>
#include <coco/core/role.hpp>
#include <coco/core/settings.hpp>
#include <coco/loss/concept.hpp>
#include <coco/nn/elementwise.hpp>
#include <coco/nn/embedding.hpp>
#include <coco/nn/sequence.hpp>
#include <coco/sampling/shared_draw.hpp>

namespace coco::loss {

/// Which scores are corrected by the logarithm of how often an item is drawn.
enum class LogQ : std::uint8_t {
    none,       ///< none: popular items, drawn more often, are pushed down further
    negatives,  ///< the negatives': an estimate of full cross-entropy
    all         ///< the target's as well, as PinnerFormer and Yi et al. (RecSys 2019) have it
};
inline auto names_of(LogQ) {
    return std::array{NameOf{LogQ::none, "none"}, NameOf{LogQ::negatives, "negatives"},
                      NameOf{LogQ::all, "all"}};
}

/// A row: scores h.v_j of the negatives become their slopes; the target's slope, the loss.
template <class T>
struct SampledSoftmaxRows {
    const T* h;
    Index h_stride;
    const T* vectors;
    Index v_stride;
    const Id* item;                      ///< of each target
    const Id* shared;                    ///< negatives
    const T *item_log_q, *shared_log_q;  ///< log(n q) of each; null: 0
    Index count;                         ///< of negatives
    T sharpness;                         ///< 1 / temperature
    T* scores;                           ///< targets x count
    Index s_stride;
    T* slope;   ///< targets x 1
    T* losses;  ///< targets x 1
    Index cols;
    T scale;

    template <class Row>
    COCO_HD void operator()(Index i, const Row& row) const {
        const T* const x = h + i * h_stride;
        const T* const v = vectors + item[i] * v_stride;
        T* const s = scores + i * s_stride;
        T own = row.sum(cols, [&](Index j) { return x[j] * v[j]; }) * sharpness;
        if (item_log_q) own -= item_log_q[i];
        row.each(count, [&](Index j) {
            const T x_j = s[j] * sharpness - (shared_log_q ? shared_log_q[j] : T(0));
            s[j] = shared[j] == item[i] ? own : x_j;  // left out: it never is the only highest
        });
        const T others = row.max(count, [&](Index j) { return s[j]; }), highest = others > own ? others : own;
        const T mine = math::exp(own - highest);
        const T rest =
            row.sum(count, [&](Index j) { return shared[j] == item[i] ? T(0) : math::exp(s[j] - highest); });
        const T all = mine + rest, factor = scale * sharpness / all;
        row.each(count,
                 [&](Index j) { s[j] = shared[j] == item[i] ? T(0) : factor * math::exp(s[j] - highest); });
        row.each(1, [&](Index) {
            slope[i] = -factor * rest;
            losses[i] = (math::log(all) - (own - highest)) * scale;
        });
    }
};

/// out_j = log(factor * weight_j).
template <class T>
struct LogChances {
    const Id* weight;
    T factor;
    T* out;

    template <class Row>
    COCO_HD void operator()(Index i, const Row& row) const {
        row.each(1, [&](Index) { out[i] = math::log(factor * static_cast<T>(weight[i])); });
    }
};

/// dx_i += slope_i * v[item_i], and out_i = slope_i * x_i.
template <class T>
struct OwnSlopes {
    const T* slope;
    const T* x;
    Index x_stride;
    const T* vectors;
    Index v_stride;
    const Id* item;
    T* dx;
    Index dx_stride;
    T* out;
    Index out_stride, cols;

    template <class Row>
    COCO_HD void operator()(Index i, const Row& row) const {
        const T g = slope[i];
        if (dx) {
            const T* const v = vectors + item[i] * v_stride;
            T* const d = dx + i * dx_stride;
            row.each(cols, [&](Index j) { d[j] += g * v[j]; });
        }
        if (!out) return;
        const T* const from = x + i * x_stride;
        T* const to = out + i * out_stride;
        row.each(cols, [&](Index j) { to[j] = g * from[j]; });
    }
};

/// A step costs what its targets and negatives cost, whatever the catalogue's size.
class SampledSoftmax {
public:
    using Role = role::Objective;
    static constexpr const char* name = "sampled_softmax";
    static constexpr bool touches_few = true;
    static constexpr bool needs_negatives = false;

    struct Config {
        Index negatives = 256;  ///< a batch
        DrawnFrom from = DrawnFrom::uniform;
        LogQ log_q = LogQ::negatives;
        double temperature = 1;

        static auto settings(auto& c, auto&& visit) {
            return visit(setting("negatives", c.negatives, between(1, 1 << 20)), setting("from", c.from),
                         setting("log_q", c.log_q), setting("temperature", c.temperature, above(0, 1000)));
        }
    };

    SampledSoftmax() = default;
    explicit SampledSoftmax(const Config& config) : config_(config) {}

    /// What a batch must hold for it in `targets.shared`.
    SharedDraw shared() const { return {config_.negatives, config_.from}; }

    /// As `CrossEntropy::step`; reads `targets.shared`, `by_shared`, their chances, and `by_item`.
    template <class P>
    void step(Context<P>& ctx, CRows<P> h, CRows<P> vectors, const Targets<P>& targets, double weight,
              typename P::Scalar* loss, Rows<P> dh, Rows<P> dvectors) const {
        using T = typename P::Scalar;
        if (h.rows == 0) return;
        const typename Workspace<P>::Frame frame(ctx.work);
        const Index n = targets.shared.size;
        const Rows<P> negative = ctx.work.scratch(n, h.cols), scores = ctx.work.scratch(h.rows, n),
                      slope = ctx.work.scratch(h.rows, 1), losses = ctx.work.scratch(h.rows, 1);
        nn::gather<P>(ctx.on, vectors, targets.shared, negative);
        ctx.on.multiply(h, Op::plain, CRows<P>(negative), Op::transposed, scores);
        const auto log_q = [&](Ids<P> weights) {
            const Rows<P> out = ctx.work.scratch(weights.size, 1);
            const double draws = static_cast<double>(n) / static_cast<double>(targets.shared_total);
            ctx.on.for_each_row(weights.size, 8,
                                LogChances<T>{weights.data, static_cast<T>(draws), out.data});
            return out.data;
        };
        ctx.on.for_each_row(
            h.rows, 16 * n + 2 * h.cols,
            SampledSoftmaxRows<T>{
                h.data, h.stride, vectors.data, vectors.stride, targets.item.data, targets.shared.data,
                config_.log_q == LogQ::all ? log_q(targets.item_weight) : nullptr,
                config_.log_q == LogQ::none ? nullptr : log_q(targets.shared_weight), n,
                static_cast<T>(1 / config_.temperature), scores.data, scores.stride, slope.data, losses.data,
                h.cols, static_cast<T>(weight / static_cast<double>(h.rows))});
        ctx.on.reduce(h.rows, Rows<P>{loss, 1, 1}, nn::Element<T>{losses.data, 1});
        if (!dh.empty()) ctx.on.multiply(CRows<P>(scores), Op::plain, CRows<P>(negative), Op::plain, dh);
        const Rows<P> own = dvectors.empty() ? Rows<P>{} : ctx.work.scratch(h.rows, h.cols);
        ctx.on.for_each_row(
            h.rows, 6 * h.cols,
            OwnSlopes<T>{slope.data, h.data, h.stride, vectors.data, vectors.stride, targets.item.data,
                         dh.data, dh.stride, own.data, own.stride, h.cols});
        if (dvectors.empty()) return;
        ctx.on.multiply(CRows<P>(scores), Op::transposed, h, Op::plain, negative);
        nn::scatter<P>(ctx.on, CRows<P>(negative), targets.by_shared, dvectors);
        nn::scatter<P>(ctx.on, CRows<P>(own), targets.by_item, dvectors);
    }

private:
    Config config_;
};

}  // namespace coco::loss

static_assert(coco::Objective<coco::loss::SampledSoftmax>);
