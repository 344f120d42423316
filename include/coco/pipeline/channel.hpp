// SPDX-License-Identifier: Apache-2.0
/// \file
/// The semantic channel: a ranking over the columns of behaviour and, beside them, the semantic columns of
/// the items, where a user is the mean of the history's kappa, the newest items weighing most. A click
/// changes it without a language model.
#pragma once

#include <array>
#include <vector>

#include <coco/core/error.hpp>
#include <coco/nn/elementwise.hpp>
#include <coco/nn/embedding.hpp>
#include <coco/pipeline/batch.hpp>
#include <coco/store/transfer.hpp>

namespace coco {

/// Settings of the channel.
struct ChannelConfig {
    bool on = false;  ///< of a pipeline without a language model; others have it where their items allow it
    double decay = 0.6;  ///< weight of an item relative to the next newer one, in [0, 1]
};

/// Values of lambda that validation chooses from.
inline constexpr std::array<double, 7> channel_lambdas{0, 1, 2, 4, 8, 12, 16};

/// k_i = sum over the rows i' <= i of a segment of decay^(i - i') kappa, divided by the sum of the weights.
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
            const T older = decay * weight;
            weight = older + T(1);
            const T keep = older / weight, take = T(1) / weight;
            const T *const from = kappa + item[i] * kappa_stride, *const before = out + (i - 1) * cols;
            T* const to = out + i * cols;
            // The first row has no older ones: what lies before it is not read.
            if (older > T(0))
                row.each(cols, [&](Index j) { to[j] = keep * before[j] + take * from[j]; });
            else
                row.each(cols, [&](Index j) { to[j] = from[j]; });
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

/// x_ij = factor dy_ij, the factor in the policy's memory.
template <class T>
struct ScaledByRows {
    const T* dy;
    Index dy_stride;
    const T* factor;
    T* x;
    Index cols;

    template <class Row>
    COCO_HD void operator()(Index i, const Row& row) const {
        const T* const from = dy + i * dy_stride;
        T* const to = x + i * cols;
        const T by = *factor;
        row.each(cols, [&](Index j) { to[j] = by * from[j]; });
    }
};

/// (i, 0) -> a_i b_i.
template <class T>
struct DotTerm {
    const T* a;
    Index a_stride;
    const T* b;
    Index b_stride, cols;

    COCO_HD T operator()(Index i, Index) const {
        T sum = 0;
        for (Index j = 0; j < cols; ++j) sum += a[i * a_stride + j] * b[i * b_stride + j];
        return sum;
    }
};

/// score(u, i) = h v_i + lambda k_u kappa_i, as one product over d + r columns.
class Channel {
public:
    Channel() = default;
    /// \throws Error where the decay is out of range
    [[gnu::cold, gnu::noinline]] Channel(ParameterLayout& layout, const ChannelConfig& config)
        : decay_(config.decay) {
        require(config.decay >= 0 && config.decay <= 1, "channel.decay", "out of range", "0 to 1",
                text_of(config.decay));
        layout.group("channel");
        lambda_ = layout.claim("channel.lambda", 1, 1, Init::zeros());
    }

    const TensorRef& lambda() const { return lambda_; }

    /// k of each target, targets x r. \param kappa  items x r
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
            ctx.on.reduce(dy.rows, d, DotTerm<T>{dy.data, dy.stride, user.data, user.stride, dy.cols});
        ctx.on.for_each_row(
            dy.rows, 2 * dy.cols,
            ScaledByRows<T>{dy.data, dy.stride, ctx.value(lambda_).data, duser.data, dy.cols});
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

    /// Items: [v ; kappa], items x (d + r).
    template <class P>
    Rows<P> vectors(Context<P>& ctx, CRows<P> v, CRows<P> kappa) const {
        const Rows<P> out = ctx.work.keep(v.rows, v.cols + kappa.cols);
        nn::copy<P>(ctx.on, v, out.cols_from(0, v.cols));
        nn::copy<P>(ctx.on, kappa, out.cols_from(v.cols, kappa.cols));
        return out;
    }

private:
    TensorRef lambda_;
    double decay_ = 0.6;
};

}  // namespace coco
