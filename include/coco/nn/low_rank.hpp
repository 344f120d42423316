// SPDX-License-Identifier: Apache-2.0
/// \file
/// A low-rank change of a given linear map (Hu et al., 2021, "LoRA"): y += scale B A dropout(x). Nothing is
/// saved for backward: it recomputes what it needs from x, so rows may be left out between the passes.
#pragma once

#include <cmath>
#include <cstdint>
#include <string_view>

#include <coco/nn/dropout_bits.hpp>
#include <coco/nn/layer.hpp>

namespace coco::nn {

/// out (= or +=) x * mask / (1 - rate). The mask is not stored; its bits are those of `Dropout`.
template <class T>
struct DrawnDropoutRows {
    const T* x;
    Index x_stride;
    T* out;
    Index out_stride, cols;
    DropoutKey key;
    const Id* row_key;
    std::uint32_t threshold;
    T factor;
    Write write;

    template <class Row>
    COCO_HD void operator()(Index i, const Row& row) const {
        const T* const from = x + i * x_stride;
        T* const to = out + i * out_stride;
        if (write == Write::set)
            for_each_random_bits(row, key, row_key[i], cols,
                                 [=, least = threshold, kept = factor](Index j, std::uint16_t bits) {
                                     to[j] = from[j] * (bits >= least ? kept : T(0));
                                 });
        else
            for_each_random_bits(row, key, row_key[i], cols,
                                 [=, least = threshold, kept = factor](Index j, std::uint16_t bits) {
                                     to[j] += from[j] * (bits >= least ? kept : T(0));
                                 });
    }
};

/// Two low-rank factors whose product changes a linear map: A is rank x in, B is out x rank.
class LowRank {
public:
    LowRank() = default;
    /// A starts uniform in +-1/sqrt(in), B at zero, so the initial change is zero.
    /// \param scale    alpha / rank     \param dropout  rate on x while training, in [0, 1)
    [[gnu::cold, gnu::noinline]] LowRank(ParameterLayout& layout, std::string_view name, Index in, Index out,
                                         Index rank, double scale, double dropout)
        : scale_(scale), rate_(dropout), site_(layout.site()) {
        const ParameterLayout::Scope scope(layout, name);
        a_ = layout.claim("a", rank, in, Init::uniform(1 / std::sqrt(static_cast<double>(in))));
        b_ = layout.claim("b", out, rank, Init::zeros());
    }

    const TensorRef& a() const { return a_; }
    const TensorRef& b() const { return b_; }
    double scale() const { return scale_; }

    /// y += scale dropout(x) A' B'.
    /// \param x        rows x in     \param y  rows x out
    /// \param row_key  one key per row, for dropout
    template <class P>
    void forward(Context<P>& ctx, CRows<P> x, Ids<P> row_key, Rows<P> y) const {
        if (x.rows == 0) return;
        const typename Workspace<P>::Frame frame(ctx.work);
        const Rows<P> down = ctx.work.scratch(x.rows, a_.rows);
        ctx.on.multiply(dropped(ctx, x, row_key), Op::plain, ctx.value(a_), Op::transposed, down);
        ctx.on.multiply(down, Op::plain, ctx.value(b_), Op::transposed, y, scale<P>(), 1);
    }

    /// dB += scale dy' (dropout(x) A'), dA += u' dropout(x), dx += dropout'(u A) where u = scale dy B. Unlike
    /// the backward of a layer it adds to dx, because the map that it changes has already written dx.
    template <class P>
    void backward(Context<P>& ctx, CRows<P> x, Ids<P> row_key, CRows<P> dy, Rows<P> dx) const {
        using T = typename P::Scalar;
        if (dy.rows == 0) return;
        const typename Workspace<P>::Frame frame(ctx.work);
        const Rows<P> u = ctx.work.scratch(dy.rows, a_.rows);
        ctx.on.multiply(dy, Op::plain, ctx.value(b_), Op::plain, u, scale<P>());
        if (const Rows<P> da = ctx.gradient(a_), db = ctx.gradient(b_); !da.empty()) {
            const CRows<P> in = dropped(ctx, x, row_key);
            const Rows<P> down = ctx.work.scratch(dy.rows, a_.rows);
            ctx.on.multiply(in, Op::plain, ctx.value(a_), Op::transposed, down);
            ctx.on.multiply(dy, Op::transposed, down, Op::plain, db, scale<P>(), 1);
            ctx.on.multiply(u, Op::transposed, in, Op::plain, da, 1, 1);
        }
        if (dx.empty()) return;
        if (!drops(ctx)) {
            ctx.on.multiply(u, Op::plain, ctx.value(a_), Op::plain, dx, 1, 1);
            return;
        }
        const Rows<P> g = ctx.work.scratch(dy.rows, a_.cols);
        ctx.on.multiply(u, Op::plain, ctx.value(a_), Op::plain, g);
        ctx.on.for_each_row(g.rows, 3 * g.cols, kernel<T>(ctx, CRows<P>(g), row_key, dx, Write::add));
    }

private:
    template <class P>
    typename P::Scalar scale() const {
        return static_cast<typename P::Scalar>(scale_);
    }
    template <class P>
    bool drops(const Context<P>& ctx) const {
        return ctx.training && rate_ > 0;
    }
    template <class T, class P>
    DrawnDropoutRows<T> kernel(const Context<P>& ctx, CRows<P> x, Ids<P> row_key, Rows<P> out,
                               Write write) const {
        return {x.data,
                x.stride,
                out.data,
                out.stride,
                x.cols,
                DropoutKey{ctx.seed, ctx.step, site_},
                row_key.data,
                DropoutKey::threshold(rate_),
                static_cast<T>(1 / (1 - rate_)),
                write};
    }
    template <class P>
    CRows<P> dropped(Context<P>& ctx, CRows<P> x, Ids<P> row_key) const {
        if (!drops(ctx)) return x;
        const Rows<P> out = ctx.work.scratch(x.rows, x.cols);
        ctx.on.for_each_row(x.rows, 2 * x.cols, kernel<typename P::Scalar>(ctx, x, row_key, out, Write::set));
        return out;
    }

    TensorRef a_, b_;
    double scale_ = 1, rate_ = 0;
    std::uint32_t site_ = 0;
};

}  // namespace coco::nn
