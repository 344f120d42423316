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
#include <coco/pipeline/batch.hpp>
#include <coco/store/transfer.hpp>

namespace coco {

/// Settings of the channel.
struct ChannelConfig {
    bool on = false;
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

/// out_t = [h_t ; lambda k_(row of t)].
template <class T>
struct ChannelQueryRows {
    const T* h;
    Index h_stride, width;
    const T* k;
    Index columns;
    const Id* row_of;
    const T* lambda;
    T* out;

    template <class Row>
    COCO_HD void operator()(Index t, const Row& row) const {
        T *const first = out + t * (width + columns), *const second = first + width;
        const T *const from = h + t * h_stride, *const user = k + row_of[t] * columns;
        const T factor = *lambda;
        row.each(width, [&](Index j) { first[j] = from[j]; });
        row.each(columns, [&](Index j) { second[j] = factor * user[j]; });
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

    /// Users: targets x (d + r).
    /// \param h  targets x d    \param kappa  items x r
    template <class P>
    Rows<P> queries(Context<P>& ctx, const Batch<P>& batch, CRows<P> h, CRows<P> kappa) const {
        using T = typename P::Scalar;
        const Rows<P> k = ctx.work.keep(batch.sequence.item.size, kappa.cols);
        const Segments<P>& segments = batch.sequence.segments;
        ctx.on.for_each_row(segments.count(), 3 * segments.longest * kappa.cols,
                            RecencyMeanRows<T>{segments.offsets.data, batch.sequence.item.data, kappa.data,
                                               kappa.stride, k.data, kappa.cols, static_cast<T>(decay_)});
        const Rows<P> out = ctx.work.keep(h.rows, h.cols + kappa.cols);
        ctx.on.for_each_row(h.rows, 2 * out.cols,
                            ChannelQueryRows<T>{h.data, h.stride, h.cols, k.data, kappa.cols,
                                                batch.targets.row.data, ctx.value(lambda_).data, out.data});
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
