// SPDX-License-Identifier: Apache-2.0
/// \file
/// The semantic channel: a ranking over the columns of behaviour and, beside them, the semantic columns of
/// the items, where a user is the mean of the history's kappa, the newest items weighing most. A click
/// changes it without a language model.
#pragma once

#include <array>
#include <vector>

#include <coco/core/error.hpp>
#include <coco/core/setting_list.hpp>
#include <coco/core/settings.hpp>
#include <coco/items/concept.hpp>
#include <coco/nn/elementwise.hpp>
#include <coco/nn/embedding.hpp>
#include <coco/nn/scale_by.hpp>
#include <coco/pipeline/batch.hpp>
#include <coco/pipeline/popularity_gate.hpp>
#include <coco/store/transfer.hpp>

namespace coco {

/// Settings of the channel.
struct ChannelConfig {
    bool on = false;  ///< of a pipeline without a language model; others have it where their items allow it
    double decay = 0.6;  ///< weight of an item relative to the next newer one, in [0, 1]
    double lambda = -1;  ///< weight of the channel before it is trained; negative: chosen by validation

    static auto settings(auto& c, auto&& visit) {
        return visit(setting("on", c.on), setting("decay", c.decay, between(0, 1)),
                     setting("lambda", c.lambda, between(-1, 1e9)));
    }
};

/// Values that validation chooses from: the channel's weight, and the gate of items of known popularity.
inline constexpr std::array<double, 10> channel_lambdas{0, 1, 2, 4, 8, 12, 16, 24, 32, 48};
inline constexpr std::array<double, 6> channel_gates{-0.1, 0.05, 0.1, 0.2, 0.3, 0.5};

/// k_i = sum over the rows i' <= i of a segment of decay^(i - i') kappa, divided by the sum of the weights. A
/// row without an item says what the row before it says; without any item k is 0.
template <class T>
struct RecencyMeanRows {
    const Id* offsets;
    const Id* item;
    const T* kappa;
    Index kappa_stride;
    T* out;
    Index cols;
    T decay;

    template <class Row>
    COCO_HD void operator()(Index s, const Row& row) const {
        T weight = 0;
        for (Id i = offsets[s]; i < offsets[s + 1]; ++i) {
            const bool there = item[i] >= 0;
            const T older = there ? decay * weight : weight;
            weight = there ? older + T(1) : older;
            const T keep = weight > T(0) ? older / weight : T(0), take = there ? T(1) / weight : T(0);
            const T *const from = kappa + (there ? item[i] : 0) * kappa_stride, *const before =
                                                                                    out + (i - 1) * cols;
            T* const to = out + i * cols;
            // The first row has no older ones: what lies before it is not read.
            if (older > T(0))
                row.each(cols, [&](Index j) { to[j] = keep * before[j] + take * from[j]; });
            else
                row.each(cols, [&](Index j) { to[j] = take * from[j]; });
        }
    }
};

/// The gradient of the rows that `RecencyMeanRows` averages: dx_i = dk_i / weight_i + decay dx_(i+1), without
/// the decay where row i+1 has no item. That of a row without an item is not one.
template <class T>
struct RecencyMeanBackwardRows {
    const Id* offsets;
    const Id* item;
    const T* dk;
    T* dx;
    Index cols;
    T decay;

    template <class Row>
    COCO_HD void operator()(Index s, const Row& row) const {
        const Id first = offsets[s], end = offsets[s + 1];
        T weight = 0;
        for (Id i = first; i < end; ++i) {
            if (item[i] >= 0) weight = decay * weight + T(1);
            const T take = weight > T(0) ? T(1) / weight : T(0);
            row.each(cols, [&](Index j) { dx[i * cols + j] = take * dk[i * cols + j]; });
        }
        for (Id i = end - 2; i >= first; --i) {
            const T share = item[i + 1] >= 0 ? decay : T(1);
            row.each(cols, [&](Index j) { dx[i * cols + j] += share * dx[(i + 1) * cols + j]; });
        }
    }
};

/// out_t = [h_t ; factor u_t], or [h_t ; 0] where u is null.
template <class T>
struct ChannelQueryRows {
    const T* h;
    Index h_stride, width;
    const T* user;
    Index columns;
    const T* factor;
    T* out;

    template <class Row>
    COCO_HD void operator()(Index t, const Row& row) const {
        T *const first = out + t * (width + columns), *const second = first + width;
        const T *const from = h + t * h_stride, *const u = user + t * columns;
        row.each(width, [&](Index j) { first[j] = from[j]; });
        if (user) {
            const T by = *factor;
            row.each(columns, [&](Index j) { second[j] = by * u[j]; });
        } else {
            row.each(columns, [&](Index j) { second[j] = T(0); });
        }
    }
};

/// score(u, i) = h v_i + lambda g_i k_u kappa_i, as one product over d + r columns; g_i = 1 where it is not
/// known how often items were seen.
class Channel {
public:
    Channel() = default;
    /// \param gated  the items have a popularity    \throws Error where a setting is out of range
    [[gnu::cold, gnu::noinline]] Channel(ParameterLayout& layout, const ChannelConfig& config, bool gated)
        : decay_(config.decay), start_(config.lambda), gated_(gated) {
        check_settings(config, "channel");
        // Without a language model validation chooses lambda and gate, and nothing trains them.
        layout.group("channel", ParameterBlock::dense, GroupUse::may_stay_untrained);
        lambda_ = layout.claim("channel.lambda", 1, 1, Init::zeros());
        if (gated) gate_ = PopularityGate(layout);
    }

    const TensorRef& lambda() const { return lambda_; }
    /// Lambda at the start of its training; negative: chosen by validation.
    double start() const { return start_; }
    bool gated() const { return gated_; }
    /// The gate, where it has one.
    const PopularityGate& gate() const { return gate_; }

    /// k of each target, targets x r. \param kappa  what each item of a history says, items x r
    template <class P>
    Rows<P> users(Context<P>& ctx, const Batch<P>& batch, CRows<P> kappa) const {
        using T = typename P::Scalar;
        const Rows<P> k = ctx.work.keep(batch.sequence.item.size, kappa.cols);
        const Segments<P>& segments = batch.sequence.segments;
        ctx.on.for_each_row(segments.count(), 3 * segments.longest * kappa.cols,
                            RecencyMeanRows<T>{segments.offsets.data, batch.sequence.item.data, kappa.data,
                                               kappa.stride, k.data, kappa.cols, static_cast<T>(decay_)});
        const Rows<P> out = ctx.work.keep(batch.targets.row.size, kappa.cols);
        nn::gather<P>(ctx.on, CRows<P>(k), batch.targets.row, out);
        return out;
    }

    /// Adds to that kappa's gradient. \param duser  targets x r
    template <class P>
    void users_backward(Context<P>& ctx, const Batch<P>& batch, CRows<P> duser, Rows<P> dkappa) const {
        using T = typename P::Scalar;
        const typename Workspace<P>::Frame frame(ctx.work);
        const Index rows = batch.sequence.item.size;
        const Rows<P> dk = ctx.work.scratch(rows, duser.cols), dx = ctx.work.scratch(rows, duser.cols);
        nn::fill<P>(ctx.on, dk, 0);
        nn::scatter<P>(ctx.on, duser, batch.targets.by_row, dk);
        const Segments<P>& segments = batch.sequence.segments;
        ctx.on.for_each_row(segments.count(), 3 * segments.longest * duser.cols,
                            RecencyMeanBackwardRows<T>{segments.offsets.data, batch.sequence.item.data,
                                                       dk.data, dx.data, duser.cols, static_cast<T>(decay_)});
        nn::scatter<P>(ctx.on, CRows<P>(dx), batch.sequence.by_item, dkappa);
    }

    /// [h ; lambda user], targets x (d + r).
    template <class P>
    Rows<P> queries(Context<P>& ctx, CRows<P> h, CRows<P> user) const {
        const Rows<P> out = ctx.work.keep(h.rows, h.cols + user.cols);
        ctx.on.for_each_row(
            h.rows, 2 * out.cols,
            ChannelQueryRows<typename P::Scalar>{h.data, h.stride, h.cols, user.data, user.cols,
                                                 ctx.value(lambda_).data, out.data});
        return out;
    }
    /// duser = lambda dy (assigned), and lambda's gradient. \param dy  of the columns after h
    template <class P>
    void backward(Context<P>& ctx, CRows<P> user, CRows<P> dy, Rows<P> duser) const {
        using T = typename P::Scalar;
        if (const Rows<P> d = ctx.gradient(lambda_); !d.empty())
            ctx.on.reduce(dy.rows, d, nn::DotTerm<T>{dy.data, dy.stride, user.data, user.stride, dy.cols});
        nn::scale_by<P>(ctx, dy, ctx.value(lambda_), duser);
    }

    /// [h ; 0], targets x (d + r).
    template <class P>
    static Rows<P> padded(Context<P>& ctx, CRows<P> h, Index columns) {
        const Rows<P> out = ctx.work.keep(h.rows, h.cols + columns);
        ctx.on.for_each_row(h.rows, 2 * out.cols,
                            ChannelQueryRows<typename P::Scalar>{h.data, h.stride, h.cols, nullptr, columns,
                                                                 nullptr, out.data});
        return out;
    }

    /// [v ; g kappa], items x (d + r). \param items  the items' forward pass
    template <class P, class Items>
    Rows<P> vectors(Context<P>& ctx, const Items& items) const {
        const CRows<P> v = items.vectors, kappa = items.kappa;
        const Rows<P> out = ctx.work.keep(v.rows, v.cols + kappa.cols),
                      columns = out.cols_from(v.cols, kappa.cols);
        nn::copy<P>(ctx.on, v, out.cols_from(0, v.cols));
        if constexpr (requires { items.popularity; })
            if (gated_) {
                gate_.forward<P>(ctx, kappa, items.popularity, columns);
                return out;
            }
        nn::copy<P>(ctx.on, kappa, columns);
        return out;
    }
    /// Gradients of the items and the gate (+=). \param y  from `vectors`    \param dy  its gradient
    template <class P, class Items>
    void vectors_backward(Context<P>& ctx, const Items& items, CRows<P> y, CRows<P> dy) const {
        const Index d = items.vectors.cols, r = items.kappa.cols;
        if (!items.gradient.empty()) nn::copy<P>(ctx.on, dy.cols_from(0, d), items.gradient, Write::add);
        if constexpr (requires { items.kappa_gradient; })
            if (!items.kappa_gradient.empty())
                nn::copy<P>(ctx.on, dy.cols_from(d, r), items.kappa_gradient, Write::add);
        if constexpr (requires { items.popularity; })
            if (gated_) gate_.backward<P>(ctx, items.popularity, y.cols_from(d, r), dy.cols_from(d, r));
    }

private:
    TensorRef lambda_;
    double decay_ = 0.6, start_ = -1;
    bool gated_ = false;
    PopularityGate gate_;
};

}  // namespace coco
