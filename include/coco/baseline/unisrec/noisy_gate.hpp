// SPDX-License-Identifier: Apache-2.0
/// \file
/// The gate of UniSRec's mixture of experts: a softmax over experts whose logits are noisy in training, with
/// a learned scale of the noise (Shazeer et al., ICLR 2017, without their choice of the k largest).
#pragma once

#include <cmath>

#include <coco/core/math.hpp>
#include <coco/nn/dropout.hpp>
#include <coco/nn/linear.hpp>

namespace coco::baseline::unisrec {

/// A standard normal number from 64 random bits (Box and Muller). \param bits  its first two words
template <class T>
COCO_HD T normal_of(const Quad& bits) {
    const T u = T(1) - static_cast<T>(unit_interval(bits.word[0])),
            v = static_cast<T>(unit_interval(bits.word[1]));
    return math::sqrt(T(-2) * math::log(u)) * std::cos(T(6.283185307179586) * v);
}

/// share_i = softmax(logit_i + noise_i (softplus(spread_i) + 0.01)); without `spread` no noise is drawn.
template <class T>
struct NoisyShares {
    static constexpr double least_spread = 0.01;

    const T* logit;
    const T* spread;
    T* noise;
    T* share;
    Index experts;
    DropoutKey key;
    const Id* row_key;

    template <class Row>
    COCO_HD void operator()(Index i, const Row& row) const {
        const Index at = i * experts;
        if (spread)
            row.each(experts, [&](Index k) { noise[at + k] = normal_of<T>(key.bits(row_key[i], k)); });
        row.each(experts, [&](Index k) {
            share[at + k] =
                logit[at + k] +
                (spread ? noise[at + k] * (math::softplus(spread[at + k]) + T(least_spread)) : T(0));
        });
        const T most = row.max(experts, [&](Index k) { return share[at + k]; });
        row.each(experts, [&](Index k) { share[at + k] = math::exp(share[at + k] - most); });
        const T sum = row.sum(experts, [&](Index k) { return share[at + k]; });
        row.each(experts, [&](Index k) { share[at + k] /= sum; });
    }
};

/// dlogit = share (dshare - sum of share dshare); dspread = dlogit noise sigmoid(spread).
template <class T>
struct NoisySharesBackward {
    const T* spread;
    const T* noise;
    const T* share;
    const T* dshare;
    T* dlogit;
    T* dspread;
    Index experts;

    template <class Row>
    COCO_HD void operator()(Index i, const Row& row) const {
        const Index at = i * experts;
        const T mean = row.sum(experts, [&](Index k) { return share[at + k] * dshare[at + k]; });
        row.each(experts, [&](Index k) {
            dlogit[at + k] = share[at + k] * (dshare[at + k] - mean);
            if (spread) dspread[at + k] = dlogit[at + k] * noise[at + k] * math::sigmoid(spread[at + k]);
        });
    }
};

/// Rows of given vectors, rows x in -> shares of the experts, rows x experts, each row with sum 1.
class NoisyGate {
public:
    template <class P>
    struct Saved {
        nn::Linear::Saved<P> logit, spread;  ///< the latter is empty without noise
        Rows<P> noise;
        Rows<P> share;  ///< rows x experts
    };

    NoisyGate() = default;
    /// Both maps start as zeros: equal shares but for the noise. \param noisy  whether it has noise in
    /// training
    [[gnu::cold, gnu::noinline]] NoisyGate(ParameterLayout& layout, Index in, Index experts, bool noisy)
        : logit_(layout, "gate", in, experts, Init::zeros(), nn::Bias::no), noisy_(noisy) {
        if (!noisy_) return;
        spread_ = nn::Linear(layout, "noise", in, experts, Init::zeros(), nn::Bias::no);
        site_ = layout.site();
    }

    Index experts() const { return logit_.out(); }

    /// \param row_key  keys the noise of each row; read in training only
    template <class P>
    Saved<P> forward(Context<P>& ctx, CRows<P> x, Ids<P> row_key) const {
        using T = typename P::Scalar;
        Saved<P> saved;
        saved.logit = logit_.forward(ctx, x);
        saved.share = ctx.work.keep(x.rows, experts());
        if (noisy_ && ctx.training) {
            saved.spread = spread_.forward(ctx, x);
            saved.noise = ctx.work.keep(x.rows, experts());
        }
        if (x.rows > 0)
            ctx.on.for_each_row(x.rows, 4 * experts(),
                                NoisyShares<T>{saved.logit.out.data, saved.spread.out.data, saved.noise.data,
                                               saved.share.data, experts(),
                                               DropoutKey{ctx.seed, ctx.step, site_}, row_key.data});
        return saved;
    }

    template <class P>
    void backward(Context<P>& ctx, const Saved<P>& saved, CRows<P> dshare) const {
        if (dshare.rows == 0) return;
        const typename Workspace<P>::Frame frame(ctx.work);
        const Rows<P> dlogit = ctx.work.scratch(dshare.rows, experts()),
                      dspread = ctx.work.scratch(dshare.rows, experts());
        ctx.on.for_each_row(
            dshare.rows, 6 * experts(),
            NoisySharesBackward<typename P::Scalar>{saved.spread.out.data, saved.noise.data, saved.share.data,
                                                    dshare.data, dlogit.data, dspread.data, experts()});
        logit_.backward(ctx, saved.logit, CRows<P>(dlogit), Rows<P>{});
        if (!saved.noise.empty()) spread_.backward(ctx, saved.spread, CRows<P>(dspread), Rows<P>{});
    }

private:
    nn::Linear logit_, spread_;
    bool noisy_ = false;
    std::uint32_t site_ = 0;
};

}  // namespace coco::baseline::unisrec
