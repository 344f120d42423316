// SPDX-License-Identifier: Apache-2.0
/// \file
/// The low and high frequencies of a history, weighted apart (BSARec, Shin et al., AAAI 2024):
/// y = low + b^2 (x - low), where low keeps the lowest coefficients of the Fourier transform over the rows of
/// a segment, and b, one number a column, is learned. It mixes rows both ways: a row sees later ones.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <span>

#include <coco/core/settings.hpp>
#include <coco/nn/elementwise.hpp>
#include <coco/nn/layer.hpp>

namespace coco::nn {

/// Number of places that a segment is transformed over.
enum class TransformOver : std::uint8_t {
    segment,  ///< its own rows
    window    ///< the whole window, with zeros where the segment has no rows
};
inline auto names_of(TransformOver) {
    return std::array{NameOf{TransformOver::segment, "segment"}, NameOf{TransformOver::window, "window"}};
}

/// Writes the rows of the projection onto the lowest `coefficients` of a real transform over n places, for
/// n = 0 .. window: it is circulant, so that row n holds what a place counts for one `distance` places away,
/// (1 + sum over k of w_k cos(2 pi k distance / n)) / n, w_k = 2, and 1 for the last of an even n.
/// \param out  (window + 1) x window
inline void write_low_pass(Index window, Index coefficients, std::span<float> out) {
    std::fill(out.begin(), out.end(), 0.0f);
    for (Index n = 1; n <= window; ++n)
        for (Index distance = 0; distance < n; ++distance) {
            double sum = 1;
            for (Index k = 1; k < std::min(coefficients, n / 2 + 1); ++k)
                sum +=
                    (2 * k == n ? 1 : 2) * std::cos(2 * std::numbers::pi * static_cast<double>(k * distance) /
                                                    static_cast<double>(n));
            out[static_cast<std::size_t>(n * window + distance)] =
                static_cast<float>(sum / static_cast<double>(n));
        }
}

/// out = the low frequencies of x, segment by segment: a symmetric projection, its own gradient.
template <class T>
struct LowPassRows {
    const Id* offsets;
    const T* weights;  ///< from `write_low_pass`
    Index window;
    bool of_window;
    const T* x;
    Index x_stride;
    T* out;
    Index cols;

    template <class Row>
    COCO_HD void operator()(Index s, const Row& row) const {
        const Id first = offsets[s], end = offsets[s + 1];
        const T* const weight = weights + (of_window ? window : Index{end} - first) * window;
        for (Id i = first; i < end; ++i) {
            T* const to = out + i * cols;
            row.each(cols, [&](Index j) { to[j] = T(0); });
            for (Id k = first; k < end; ++k) {
                const T share = weight[i < k ? k - i : i - k];
                const T* const from = x + k * x_stride;
                row.each(cols, [&](Index j) { to[j] += share * from[j]; });
            }
        }
    }
};

/// y = low + b^2 (x - low).
template <class T>
struct FilterRows {
    const T* x;
    Index x_stride;
    const T *low, *b;
    T* out;
    Index cols;

    template <class Row>
    COCO_HD void operator()(Index i, const Row& row) const {
        const T *const from = x + i * x_stride, *const l = low + i * cols;
        T* const to = out + i * cols;
        row.each(cols, [&](Index j) { to[j] = l[j] + b[j] * b[j] * (from[j] - l[j]); });
    }
};

/// out = (1 - b^2) dy, the gradient of low; or b^2 dy added to it, that of x.
template <class T>
struct FilterBackwardRows {
    const T* dy;
    Index dy_stride;
    const T* b;
    T* out;
    Index out_stride, cols;
    bool of_low;

    template <class Row>
    COCO_HD void operator()(Index i, const Row& row) const {
        const T* const from = dy + i * dy_stride;
        T* const to = out + i * out_stride;
        if (of_low)
            row.each(cols, [&](Index j) { to[j] = (T(1) - b[j] * b[j]) * from[j]; });
        else
            row.each(cols, [&](Index j) { to[j] += b[j] * b[j] * from[j]; });
    }
};

/// (i, j) -> 2 b_j (x - low)_ij dy_ij.
template <class T>
struct FilterWeightTerm {
    const T* x;
    Index x_stride;
    const T* low;
    const T* dy;
    Index dy_stride, cols;
    const T* b;

    COCO_HD T operator()(Index i, Index j) const {
        return 2 * b[j] * (x[i * x_stride + j] - low[i * cols + j]) * dy[i * dy_stride + j];
    }
};

/// rows x width -> rows x width.
class FrequencyFilter {
public:
    template <class P>
    struct Saved {
        Segments<P> segments;
        CRows<P> x;
        Rows<P> low, out;
    };

    FrequencyFilter() = default;
    /// \param window  of the longest segment    \param cutoff  c: the lowest c / 2 + 1 coefficients are low,
    /// the constant one among them
    [[gnu::cold, gnu::noinline]] FrequencyFilter(ParameterLayout& layout, std::string_view name, Index window,
                                                 Index width, Index cutoff, TransformOver over)
        : window_(window), over_(over) {
        const ParameterLayout::Scope scope(layout, name);
        high_ = layout.claim("high", 1, width, Init::normal(1));
        weights_ = layout.given(
            "low_pass", window + 1, window,
            [window, coefficients = cutoff / 2 + 1](std::span<float> out) {
                write_low_pass(window, coefficients, out);
            },
            TakesStream::no);
    }

    template <class P>
    Saved<P> forward(Context<P>& ctx, const Segments<P>& segments, CRows<P> x) const {
        const Saved<P> saved{segments, x, ctx.work.keep(x.rows, x.cols), ctx.work.keep(x.rows, x.cols)};
        low_pass<P>(ctx, segments, x, saved.low);
        ctx.on.for_each_row(x.rows, 3 * x.cols,
                            FilterRows<typename P::Scalar>{x.data, x.stride, saved.low.data,
                                                           ctx.value(high_).data, saved.out.data, x.cols});
        return saved;
    }

    template <class P>
    void backward(Context<P>& ctx, const Saved<P>& saved, CRows<P> dy, Rows<P> dx) const {
        using T = typename P::Scalar;
        if (dy.rows == 0) return;
        const T* const b = ctx.value(high_).data;
        if (const Rows<P> db = ctx.gradient(high_); !db.empty())
            ctx.on.reduce(dy.rows, db,
                          FilterWeightTerm<T>{saved.x.data, saved.x.stride, saved.low.data, dy.data,
                                              dy.stride, dy.cols, b});
        if (dx.empty()) return;
        const typename Workspace<P>::Frame frame(ctx.work);
        const Rows<P> dlow = ctx.work.scratch(dy.rows, dy.cols), through = ctx.work.scratch(dy.rows, dy.cols);
        const auto share = [&](Rows<P> out, bool of_low) {
            ctx.on.for_each_row(
                dy.rows, 3 * dy.cols,
                FilterBackwardRows<T>{dy.data, dy.stride, b, out.data, out.stride, dy.cols, of_low});
        };
        share(dlow, true);
        low_pass<P>(ctx, saved.segments, CRows<P>(dlow), through);
        copy<P>(ctx.on, CRows<P>(through), dx);
        share(dx, false);
    }

private:
    template <class P>
    void low_pass(Context<P>& ctx, const Segments<P>& segments, CRows<P> x, Rows<P> out) const {
        ctx.on.for_each_row(segments.count(), segments.longest * segments.longest * x.cols,
                            LowPassRows<typename P::Scalar>{segments.offsets.data, ctx.value(weights_).data,
                                                            window_, over_ == TransformOver::window, x.data,
                                                            x.stride, out.data, x.cols});
    }

    Index window_ = 0;
    TransformOver over_ = TransformOver::segment;
    TensorRef high_, weights_;
};

}  // namespace coco::nn
