// SPDX-License-Identifier: Apache-2.0
/// \file
/// Inverted dropout (Srivastava et al., 2014): elements that are kept are divided by 1 - rate. The bits
/// are a pure function of (seed, site, step, row key, column), the same on every policy.
#pragma once

#include <cstdint>

#include <coco/exec/primitives.hpp>
#include <coco/nn/dropout_bits.hpp>
#include <coco/nn/elementwise.hpp>
#include <coco/nn/layer.hpp>

namespace coco::nn {

/// out = x * mask / (1 - rate); the mask is written as bytes.
template <class T>
struct DropoutRows {
    const T* x;
    Index x_stride;
    T* out;
    std::uint8_t* mask;
    Index cols;
    DropoutKey key;
    const Id* row_key;
    std::uint32_t threshold;
    T factor;

    template <class Row>
    COCO_HD void operator()(Index i, const Row& row) const {
        std::uint8_t* const m = mask + i * cols;
        for_each_random_bits(row, key, row_key[i], cols, [m, least = threshold](Index j, std::uint16_t bits) {
            m[j] = bits >= least ? 1 : 0;
        });
        const T* const from = x + i * x_stride;
        T* const to = out + i * cols;
        row.each(cols, [&](Index j) { to[j] = m[j] ? from[j] * factor : T(0); });
    }
};

/// dx = dy * mask / (1 - rate).
template <class T>
struct DropoutBackwardRows {
    const T* dy;
    Index dy_stride;
    const std::uint8_t* mask;
    T* dx;
    Index dx_stride, cols;
    T factor;

    template <class Row>
    COCO_HD void operator()(Index i, const Row& row) const {
        const std::uint8_t* const m = mask + i * cols;
        const T* const from = dy + i * dy_stride;
        T* const to = dx + i * dx_stride;
        row.each(cols, [&](Index j) { to[j] = m[j] ? from[j] * factor : T(0); });
    }
};

/// Drops elements of x, rows x cols, at `rate` while training; otherwise returns x itself.
class Dropout {
public:
    template <class P>
    struct Saved {
        CRows<P> out;
        View<std::uint8_t, typename P::Space> mask;  ///< empty if nothing was dropped
    };

    Dropout() = default;
    /// \param rate  in [0, 1)
    Dropout(ParameterLayout& layout, double rate) : rate_(rate), site_(layout.site()) {}

    double rate() const { return rate_; }
    std::uint32_t site() const { return site_; }

    /// \param row_key  one key per row of x
    template <class P>
    Saved<P> forward(Context<P>& ctx, CRows<P> x, Ids<P> row_key) const {
        using T = typename P::Scalar;
        if (!ctx.training || rate_ == 0 || x.rows == 0) return {x, {}};
        const Rows<P> out = ctx.work.keep(x.rows, x.cols);
        const auto mask = ctx.work.template keep<std::uint8_t>(x.rows, x.cols);
        ctx.on.for_each_row(x.rows, 2 * x.cols,
                            DropoutRows<T>{x.data, x.stride, out.data, mask.data, x.cols,
                                           DropoutKey{ctx.seed, ctx.step, site_}, row_key.data,
                                           DropoutKey::threshold(rate_), static_cast<T>(1 / (1 - rate_))});
        return {out, mask};
    }

    template <class P>
    void backward(Context<P>& ctx, const Saved<P>& saved, CRows<P> dy, Rows<P> dx) const {
        using T = typename P::Scalar;
        if (dx.empty()) return;
        if (saved.mask.empty()) return copy<P>(ctx.on, dy, dx);
        ctx.on.for_each_row(dy.rows, 2 * dy.cols,
                            DropoutBackwardRows<T>{dy.data, dy.stride, saved.mask.data, dx.data, dx.stride,
                                                   dy.cols, static_cast<T>(1 / (1 - rate_))});
    }

private:
    double rate_ = 0;
    std::uint32_t site_ = 0;
};

}  // namespace coco::nn
