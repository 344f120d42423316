// SPDX-License-Identifier: Apache-2.0
/// \file
/// Attention over the fields of a row (Zhang et al., IJCAI 2019, eq. 3, as in RecBole):
///     a_k = w . relu(W f_k + b),  alpha = softmax over fields of a,  out = sum_k alpha_k f_k.
/// A constant added to every a_k, such as RecBole's, would change nothing; there is none. With one
/// field out = f_1, and there is nothing to learn.
#pragma once

#include <string_view>

#include <coco/core/math.hpp>
#include <coco/nn/elementwise.hpp>
#include <coco/nn/layer.hpp>
#include <coco/nn/linear.hpp>

namespace coco::nn {

/// alpha and out of each row, from z_k = W f_k + b.
template <class T>
struct FieldAttentionRows {
    const T* x;  ///< rows x (fields * width)
    const T* z;  ///< (rows * fields) x width
    const T* w;
    T* share;  ///< rows x fields: alpha
    T* out;
    Index fields, width;

    template <class Row>
    COCO_HD void operator()(Index i, const Row& row) const {
        T* const alpha = share + i * fields;
        for (Index k = 0; k < fields; ++k) {
            const T* const in = z + (i * fields + k) * width;
            const T score = row.sum(width, [&](Index j) { return in[j] > 0 ? w[j] * in[j] : T(0); });
            row.each(1, [&](Index) { alpha[k] = score; });
        }
        const T maximum = row.max(fields, [&](Index k) { return alpha[k]; });
        row.each(fields, [&](Index k) { alpha[k] = math::exp(alpha[k] - maximum); });
        const T total = row.sum(fields, [&](Index k) { return alpha[k]; });
        row.each(fields, [&](Index k) { alpha[k] /= total; });
        T* const to = out + i * width;
        row.each(width, [&](Index j) { to[j] = T(0); });
        for (Index k = 0; k < fields; ++k) {
            const T* const from = x + (i * fields + k) * width;
            row.each(width, [&](Index j) { to[j] += alpha[k] * from[j]; });
        }
    }
};

/// da_k = alpha_k (dy . f_k - dy . out), dz_k = da_k w where z_k > 0.
template <class T>
struct FieldAttentionBackwardRows {
    const T* x;
    const T* z;
    const T* w;
    const T* share;
    const T* out;
    const T* dy;
    Index dy_stride;
    T* dscore;  ///< rows x fields
    T* dz;
    Index fields, width;

    template <class Row>
    COCO_HD void operator()(Index i, const Row& row) const {
        const T *const g = dy + i * dy_stride, *const y = out + i * width;
        const T mean = row.sum(width, [&](Index j) { return g[j] * y[j]; });
        for (Index k = 0; k < fields; ++k) {
            const Index at = i * fields + k;
            const T *const f = x + at * width, *const in = z + at * width;
            const T d = share[at] * (row.sum(width, [&](Index j) { return g[j] * f[j]; }) - mean);
            row.each(1, [&](Index) { dscore[at] = d; });
            T* const to = dz + at * width;
            row.each(width, [&](Index j) { to[j] = in[j] > 0 ? d * w[j] : T(0); });
        }
    }
};

/// dx_k += alpha_k dy.
template <class T>
struct FieldShareRows {
    const T* share;
    const T* dy;
    Index dy_stride;
    T* dx;
    Index fields, width;

    template <class Row>
    COCO_HD void operator()(Index i, const Row& row) const {
        const T* const from = dy + i * dy_stride;
        for (Index k = 0; k < fields; ++k) {
            const T alpha = share[i * fields + k];
            T* const to = dx + (i * fields + k) * width;
            row.each(width, [&](Index j) { to[j] += alpha * from[j]; });
        }
    }
};

/// (i, j) -> da_i relu(z_ij), the gradient of w.
template <class T>
struct FieldScoreTerm {
    const T* dscore;
    const T* z;
    Index width;

    COCO_HD T operator()(Index i, Index j) const {
        const T in = z[i * width + j];
        return in > 0 ? dscore[i] * in : T(0);
    }
};

/// rows x (fields * width), the fields of a row side by side without gaps -> rows x width.
class FieldAttention {
public:
    template <class P>
    struct Saved {
        CRows<P> x;              ///< rows x (fields * width)
        Linear::Saved<P> inner;  ///< (rows * fields) x width
        Rows<P> share;           ///< rows x fields: alpha
        CRows<P> out;            ///< rows x width; of one field x itself
    };

    FieldAttention() = default;
    /// \param init  of W and w
    [[gnu::cold, gnu::noinline]] FieldAttention(ParameterLayout& layout, std::string_view name, Index fields,
                                                Index width, Init init)
        : fields_(fields), width_(width) {
        if (fields == 1) return;
        const ParameterLayout::Scope scope(layout, name);
        inner_ = Linear(layout, "inner", width, width, init);
        score_ = layout.claim("score", 1, width, init, Decay::yes);
    }

    Index fields() const { return fields_; }

    /// \param x  dense
    template <class P>
    Saved<P> forward(Context<P>& ctx, CRows<P> x) const {
        using T = typename P::Scalar;
        Saved<P> saved{x, {}, {}, x};
        if (fields_ == 1) return saved;
        saved.inner = inner_.forward(ctx, CRows<P>(x.data, x.rows * fields_, width_));
        saved.share = ctx.work.keep(x.rows, fields_);
        const Rows<P> out = ctx.work.keep(x.rows, width_);
        ctx.on.for_each_row(x.rows, 2 * x.cols,
                            FieldAttentionRows<T>{x.data, saved.inner.out.data, ctx.value(score_).data,
                                                  saved.share.data, out.data, fields_, width_});
        saved.out = out;
        return saved;
    }

    /// \param dy  rows x width    \param dx  rows x (fields * width), dense; may be empty
    template <class P>
    void backward(Context<P>& ctx, const Saved<P>& saved, CRows<P> dy, Rows<P> dx) const {
        using T = typename P::Scalar;
        if (dy.rows == 0) return;
        if (fields_ == 1) {
            if (!dx.empty()) copy<P>(ctx.on, dy, dx);
            return;
        }
        const typename Workspace<P>::Frame frame(ctx.work);
        const Index all = dy.rows * fields_;
        const Rows<P> dscore = ctx.work.scratch(dy.rows, fields_), dz = ctx.work.scratch(all, width_);
        ctx.on.for_each_row(dy.rows, 3 * fields_ * width_,
                            FieldAttentionBackwardRows<T>{
                                saved.x.data, saved.inner.out.data, ctx.value(score_).data, saved.share.data,
                                saved.out.data, dy.data, dy.stride, dscore.data, dz.data, fields_, width_});
        if (const Rows<P> dw = ctx.gradient(score_); !dw.empty())
            ctx.on.reduce(all, dw, FieldScoreTerm<T>{dscore.data, saved.inner.out.data, width_});
        const Rows<P> dfields = dx.empty() ? Rows<P>{} : Rows<P>(dx.data, all, width_);
        inner_.backward(ctx, saved.inner, CRows<P>(dz), dfields);
        if (!dx.empty())
            ctx.on.for_each_row(
                dy.rows, 2 * dx.cols,
                FieldShareRows<T>{saved.share.data, dy.data, dy.stride, dx.data, fields_, width_});
    }

private:
    Index fields_ = 1, width_ = 0;
    Linear inner_;
    TensorRef score_;
};

}  // namespace coco::nn
