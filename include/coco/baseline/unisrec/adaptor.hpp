// SPDX-License-Identifier: Apache-2.0
/// \file
/// UniSRec's adaptor (Hou et al., KDD 2022, section 2.2): text vectors to item vectors by a mixture of
/// parametric whitenings, v = sum over experts k of share_k(x) W_k (drop_k(x) - b_k).
#pragma once

#include <array>
#include <vector>

#include <coco/baseline/unisrec/noisy_gate.hpp>
#include <coco/core/settings.hpp>
#include <coco/nn/dropout.hpp>
#include <coco/nn/elementwise.hpp>

namespace coco::baseline::unisrec {

/// Maximum number of experts: `Adaptor::Saved` holds an array, so that a pass allocates nothing.
inline constexpr Index max_experts = 16;

/// out_i = sum over k of share_ik (expert_ik - shift_k).
template <class T>
struct MixExperts {
    const T* share;
    const T* expert;
    const T* shift;
    T* out;
    Index experts, cols;

    template <class Row>
    COCO_HD void operator()(Index i, const Row& row) const {
        T* const to = out + i * cols;
        row.each(cols, [&](Index j) { to[j] = T(0); });
        for (Index k = 0; k < experts; ++k) {
            const T* const from = expert + (i * experts + k) * cols;
            const T* const less = shift + k * cols;
            const T by = share[i * experts + k];
            row.each(cols, [&](Index j) { to[j] += by * (from[j] - less[j]); });
        }
    }
};

/// dshare_ik = dy_i . (expert_ik - shift_k).
template <class T>
struct SharesFromMix {
    const T* dy;
    Index dy_stride;
    const T* expert;
    const T* shift;
    T* dshare;
    Index experts, cols;

    template <class Row>
    COCO_HD void operator()(Index i, const Row& row) const {
        const T* const g = dy + i * dy_stride;
        for (Index k = 0; k < experts; ++k) {
            const T* const from = expert + (i * experts + k) * cols;
            const T* const less = shift + k * cols;
            const T slope = row.sum(cols, [&](Index j) { return g[j] * (from[j] - less[j]); });
            row.each(1, [&](Index) { dshare[i * experts + k] = slope; });
        }
    }
};

/// out_i = factor_i x_i, factors one in every `factor_stride`.
template <class T>
struct WeighRows {
    const T* x;
    Index x_stride;
    const T* factor;
    Index factor_stride;
    T* out;
    Index cols;

    template <class Row>
    COCO_HD void operator()(Index i, const Row& row) const {
        const T* const from = x + i * x_stride;
        T* const to = out + i * cols;
        const T by = factor[i * factor_stride];
        row.each(cols, [&](Index j) { to[j] = by * from[j]; });
    }
};

/// Rows of given vectors, rows x in -> rows x out; the vectors themselves have no gradient.
///
/// Each expert drops elements of its own, so that an expert is a product of its own. Their outputs are saved:
/// the gradient of the shares is then a pass over them, where it would be another product of the size of
/// forward's; and since x is given, its gradient, one more, is never made. What a bias takes away is the same
/// for all rows, W_k b_k, and is made once.
class Adaptor {
public:
    struct Config {
        Index experts = 8;
        double dropout = 0.2;  ///< of the given vectors
        bool noise = true;     ///< of the gate, in training
        double init = 0.02;    ///< standard deviation of the initial W

        static auto settings(auto& c, auto&& visit) {
            return visit(setting("experts", c.experts, between(1, max_experts)),
                         setting("dropout", c.dropout, below(0, 1)), setting("noise", c.noise),
                         setting("init", c.init, between(0, 100)));
        }
    };

    template <class P>
    struct Saved {
        std::array<typename nn::Dropout::Saved<P>, std::size_t{max_experts}> dropped;  ///< rows x in
        typename NoisyGate::Saved<P> gate;
        Rows<P> expert;  ///< rows x (experts * out): W_k drop_k(x)
        Rows<P> shift;   ///< 1 x (experts * out): W_k b_k
        Rows<P> out;     ///< rows x out
    };

    Adaptor() = default;
    [[gnu::cold, gnu::noinline]] Adaptor(ParameterLayout& layout, const Config& config, Index in, Index out)
        : out_(out) {
        const ParameterLayout::Scope scope(layout, "adaptor");
        weight_ = layout.claim("weight", config.experts * out, in, Init::normal(config.init), Decay::yes);
        bias_ = layout.claim("bias", config.experts, in, Init::zeros());
        gate_ = NoisyGate(layout, in, config.experts, config.noise);
        for (Index k = 0; k < config.experts; ++k) dropout_.emplace_back(layout, config.dropout);
    }

    Index experts() const { return bias_.rows; }

    /// \param row_key  keys noise and dropout of each row; read in training only
    template <class P>
    Saved<P> forward(Context<P>& ctx, CRows<P> x, Ids<P> row_key) const {
        Saved<P> saved;
        saved.gate = gate_.forward(ctx, x, row_key);
        saved.expert = ctx.work.keep(x.rows, experts() * out_);
        saved.shift = ctx.work.keep(1, experts() * out_);
        saved.out = ctx.work.keep(x.rows, out_);
        if (x.rows == 0) return saved;
        for (Index k = 0; k < experts(); ++k) {
            auto& dropped = saved.dropped[static_cast<std::size_t>(k)];
            dropped = dropout_[static_cast<std::size_t>(k)].forward(ctx, x, row_key);
            const CRows<P> w = weight_of(ctx, k);
            ctx.on.multiply(dropped.out, Op::plain, w, Op::transposed, of(saved.expert, k));
            ctx.on.multiply(ctx.value(bias_).rows_from(k, 1), Op::plain, w, Op::transposed,
                            of(saved.shift, k));
        }
        ctx.on.for_each_row(
            x.rows, (experts() + 1) * out_,
            MixExperts<typename P::Scalar>{saved.gate.share.data, saved.expert.data, saved.shift.data,
                                           saved.out.data, experts(), out_});
        return saved;
    }

    template <class P>
    void backward(Context<P>& ctx, const Saved<P>& saved, CRows<P> dy) const {
        using T = typename P::Scalar;
        if (dy.rows == 0 || ctx.gradient(weight_).empty()) return;
        const typename Workspace<P>::Frame frame(ctx.work);
        const Rows<P> dshare = ctx.work.scratch(dy.rows, experts()),
                      dexpert = ctx.work.scratch(dy.rows, out_), sum = ctx.work.scratch(experts(), out_);
        ctx.on.for_each_row(dy.rows, (experts() + 1) * out_,
                            SharesFromMix<T>{dy.data, dy.stride, saved.expert.data, saved.shift.data,
                                             dshare.data, experts(), out_});
        gate_.backward(ctx, saved.gate, CRows<P>(dshare));
        ctx.on.multiply(CRows<P>(saved.gate.share), Op::transposed, dy, Op::plain, sum);
        for (Index k = 0; k < experts(); ++k) {
            ctx.on.for_each_row(
                dy.rows, 2 * out_,
                WeighRows<T>{dy.data, dy.stride, saved.gate.share.data + k, experts(), dexpert.data, out_});
            const Rows<P> dw = ctx.gradient(weight_).rows_from(k * out_, out_);
            const CRows<P> lost = CRows<P>(sum).rows_from(k, 1);
            ctx.on.multiply(CRows<P>(dexpert), Op::transposed, saved.dropped[static_cast<std::size_t>(k)].out,
                            Op::plain, dw, 1, 1);
            ctx.on.multiply(lost, Op::transposed, ctx.value(bias_).rows_from(k, 1), Op::plain, dw, -1, 1);
            ctx.on.multiply(lost, Op::plain, weight_of(ctx, k), Op::plain,
                            ctx.gradient(bias_).rows_from(k, 1), -1, 1);
        }
    }

private:
    template <class P>
    CRows<P> weight_of(const Context<P>& ctx, Index expert) const {
        return ctx.value(weight_).rows_from(expert * out_, out_);
    }
    template <class Matrix>
    Matrix of(Matrix all, Index expert) const {
        return all.cols_from(expert * out_, out_);
    }

    Index out_ = 0;
    TensorRef weight_, bias_;
    NoisyGate gate_;
    std::vector<nn::Dropout> dropout_;
};

}  // namespace coco::baseline::unisrec
