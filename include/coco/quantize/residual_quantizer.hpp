// SPDX-License-Identifier: Apache-2.0
/// \file
/// Residual quantisation that is trained (van den Oord et al., NeurIPS 2017, level by level as Zeghidour et
/// al., SoundStream, 2021): r_0 = z, c_l = argmin_k |r_l - e_lk|^2, r_{l+1} = r_l - e_l,c_l; what is passed
/// on is the sum of the chosen codes.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include <coco/core/error.hpp>
#include <coco/loss/quantization.hpp>
#include <coco/quantize/nearest_codes.hpp>

namespace coco::quantize {

/// next_i = r_i - e_k and sum_i (= or +=) e_k, with k = nearest_i. Where no score was a number k is 0: the
/// loss then is none either, and training ends with an error that says so.
template <class T>
struct TakeCode {
    const T* r;
    const T* codes;
    Index code_stride;
    const Id* nearest;
    T *next, *sum;
    Index cols;
    Write write;

    template <class Row>
    COCO_HD void operator()(Index i, const Row& row) const {
        const Index k = nearest[i] < 0 ? 0 : nearest[i];
        const T *const e = codes + k * code_stride, *const from = r + i * cols;
        T *const rest = next + i * cols, *const to = sum + i * cols;
        const bool add = write == Write::add;
        row.each(cols, [=](Index j) {
            rest[j] = from[j] - e[j];
            to[j] = add ? to[j] + e[j] : e[j];
        });
    }
};

/// (i, 0) -> factor |x_i|^2.
template <class T>
struct SquaresTerm {
    const T* x;
    Index stride, cols;
    T factor;

    COCO_HD T operator()(Index i, Index) const {
        T sum = 0;
        for (Index j = 0; j < cols; ++j) sum += x[i * stride + j] * x[i * stride + j];
        return factor * sum;
    }
};

/// dz_i = dout_i + factor * the sum of residuals 1 .. levels.
template <class T>
struct CommitmentGradient {
    const T* dout;
    Index d_stride;
    const T* residuals;  ///< (levels + 1) x rows x cols
    Index rows, levels;
    T* dz;
    Index z_stride, cols;
    T factor;

    template <class Row>
    COCO_HD void operator()(Index i, const Row& row) const {
        row.each(cols, [&](Index j) {
            T sum = 0;
            for (Index l = 1; l <= levels; ++l) sum += residuals[(l * rows + i) * cols + j];
            dz[i * z_stride + j] = dout[i * d_stride + j] + factor * sum;
        });
    }
};

/// Levels of codebooks, "codes0", "codes1", ..., K_l x width each. The codes of a level learn from the rows
/// that chose them, by |sg(r_l) - e|^2, the rows from all levels, by beta |r_l - sg(e)|^2, where r_l takes
/// the codes of earlier levels as constant; the gradient of the sum of codes goes on to z unchanged
/// (straight-through). Both terms are means over rows.
class ResidualQuantizer {
public:
    template <class P>
    struct Saved {
        Rows<P> residuals;      ///< (levels + 1) * rows x width: r_0 = z, r_1, ..., level after level
        MutableIds<P> nearest;  ///< levels * rows: c_0, c_1, ..., level after level
        Rows<P> out;            ///< rows x width: the sum of the codes

        Rows<P> residual(Index level) const { return residuals.rows_from(level * out.rows, out.rows); }
        Ids<P> nearest_of(Index level) const { return nearest.from(level * out.rows, out.rows); }
    };

    ResidualQuantizer() = default;
    /// \param codes  K of each level  \throws Error where there is no level, or one without codes
    [[gnu::cold, gnu::noinline]] ResidualQuantizer(ParameterLayout& layout, Index width,
                                                   std::span<const Index> codes, double commitment)
        : commitment_(commitment) {
        require(!codes.empty(), "quantizer.codes", "no levels", "at least 1");
        for (std::size_t l = 0; l < codes.size(); ++l) {
            require(codes[l] >= 1, "quantizer.codes", "a level without codes", "at least 1",
                    text_of(codes[l]));
            codes_.push_back(layout.claim(text_of("codes", l), codes[l], width, Init::normal(0.02)));
        }
    }

    Index levels() const { return static_cast<Index>(codes_.size()); }
    Index width() const { return codes_.front().cols; }
    const TensorRef& codes(Index level) const { return codes_[static_cast<std::size_t>(level)]; }

    /// \param z  rows x width
    template <class P>
    Saved<P> forward(Context<P>& ctx, CRows<P> z) const {
        using T = typename P::Scalar;
        Saved<P> saved;
        saved.residuals = ctx.work.keep((levels() + 1) * z.rows, width());
        saved.nearest = ctx.work.template keep_list<Id>(levels() * z.rows);
        saved.out = ctx.work.keep(z.rows, width());
        if (z.rows == 0) return saved;
        nn::copy<P>(ctx.on, z, saved.residual(0));
        for (Index l = 0; l < levels(); ++l) {
            const CRows<P> e = ctx.value(codes(l));
            const MutableIds<P> nearest = saved.nearest.from(l * z.rows, z.rows);
            nearest_codes<P>(ctx, CRows<P>(saved.residual(l)), e, nearest);
            ctx.on.for_each_row(z.rows, 4 * width(),
                                TakeCode<T>{saved.residual(l).data, e.data, e.stride, nearest.data,
                                            saved.residual(l + 1).data, saved.out.data, width(),
                                            l == 0 ? Write::set : Write::add});
        }
        return saved;
    }

    /// *loss += the sum over levels of (1 + beta) |r_l - e|^2; gradients of the codes +=.
    template <class P>
    void penalty(Context<P>& ctx, const Saved<P>& saved, typename P::Scalar* loss) const {
        using T = typename P::Scalar;
        const Index rows = saved.out.rows;
        if (rows == 0) return;
        for (Index l = 0; l < levels(); ++l)
            loss::quantization<P>(ctx, CRows<P>(saved.residual(l)), ctx.value(codes(l)), saved.nearest_of(l),
                                  1, loss, ctx.gradient(codes(l)));
        const Rows<P> after = saved.residual(1);
        ctx.on.reduce(levels() * rows, Rows<P>{loss, 1, 1},
                      SquaresTerm<T>{after.data, width(), width(),
                                     static_cast<T>(commitment_ / static_cast<double>(rows))});
    }

    /// dz = dout + the gradient of the commitment.
    /// \param dout  rows x width, of the sum of codes
    template <class P>
    void backward(Context<P>& ctx, const Saved<P>& saved, CRows<P> dout, Rows<P> dz) const {
        using T = typename P::Scalar;
        const Index rows = saved.out.rows;
        if (rows == 0 || dz.empty()) return;
        ctx.on.for_each_row(
            rows, (levels() + 2) * width(),
            CommitmentGradient<T>{dout.data, dout.stride, saved.residuals.data, rows, levels(), dz.data,
                                  dz.stride, width(),
                                  static_cast<T>(2 * commitment_ / static_cast<double>(rows))});
    }

private:
    double commitment_ = 0.25;
    std::vector<TensorRef> codes_;
};

}  // namespace coco::quantize
