// SPDX-License-Identifier: Apache-2.0
/// \file
/// Rows less a mean, times a scale of each column; both are statistics that a training stage measures once
/// and that are kept with the model. They receive no gradient.
#pragma once

#include <cmath>
#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include <coco/core/error.hpp>
#include <coco/nn/layer.hpp>
#include <coco/nn/parameters.hpp>

namespace coco::nn {

/// y_ij = (x_ij - mean_j) scale_j.
template <class T>
struct StandardizedRows {
    const T* x;
    Index x_stride;
    const T *mean, *scale;
    T* y;
    Index y_stride, cols;

    template <class Row>
    COCO_HD void operator()(Index i, const Row& row) const {
        const T* const from = x + i * x_stride;
        T* const to = y + i * y_stride;
        row.each(cols, [&](Index j) { to[j] = (from[j] - mean[j]) * scale[j]; });
    }
};

/// dx_ij = dy_ij scale_j.
template <class T>
struct StandardizedBackwardRows {
    const T* dy;
    Index dy_stride;
    const T* scale;
    T* dx;
    Index dx_stride, cols;

    template <class Row>
    COCO_HD void operator()(Index i, const Row& row) const {
        const T* const from = dy + i * dy_stride;
        T* const to = dx + i * dx_stride;
        row.each(cols, [&](Index j) { to[j] = from[j] * scale[j]; });
    }
};

/// Means and scales of columns, on the host.
struct ColumnStatistics {
    std::vector<double> mean, scale;

    /// Of rows of `width` numbers; scale = 1 / standard deviation, 1 for a column that does not vary.
    template <class T>
    static ColumnStatistics of(std::span<const T> rows, Index width) {
        const std::size_t w = static_cast<std::size_t>(width);
        require(w > 0 && !rows.empty() && rows.size() % w == 0, "column statistics", "no rows of the width",
                text_of("a multiple of ", width, " numbers"), text_of(rows.size()));
        ColumnStatistics s{std::vector<double>(w, 0), std::vector<double>(w, 0)};
        const double count = static_cast<double>(rows.size() / w);
        for (std::size_t i = 0; i < rows.size(); ++i) s.mean[i % w] += static_cast<double>(rows[i]) / count;
        for (std::size_t i = 0; i < rows.size(); ++i) {
            const double x = static_cast<double>(rows[i]) - s.mean[i % w];
            s.scale[i % w] += x * x / count;
        }
        for (double& x : s.scale) x = x > 0 ? 1 / std::sqrt(x) : 1;
        return s;
    }
    /// The same with one scale for all columns, by which rows have a mean squared length of 1.
    template <class T>
    static ColumnStatistics to_unit_length(std::span<const T> rows, Index width) {
        ColumnStatistics s = of(rows, width);
        double sum = 0;
        for (std::size_t i = 0; i < rows.size(); ++i) {
            const double x = static_cast<double>(rows[i]) - s.mean[i % s.mean.size()];
            sum += x * x;
        }
        const double length = sum / static_cast<double>(rows.size() / s.mean.size());
        s.scale.assign(s.scale.size(), length > 0 ? 1 / std::sqrt(length) : 1);
        return s;
    }

    /// Standardises rows in place.
    template <class T>
    void apply(std::span<T> rows) const {
        for (std::size_t i = 0; i < rows.size(); ++i)
            rows[i] = static_cast<T>((static_cast<double>(rows[i]) - mean[i % mean.size()]) *
                                     scale[i % mean.size()]);
    }
};

/// Initially the identity.
class Standardize {
public:
    Standardize() = default;
    Standardize(ParameterLayout& layout, std::string_view name, Index width) {
        const ParameterLayout::Scope scope(layout, name);
        mean_ = layout.claim("mean", 1, width, Init::zeros());
        scale_ = layout.claim("scale", 1, width, Init::ones());
    }

    /// \param parameters  of the model that has this layer
    template <class P>
    [[gnu::cold]] void set(P& on, Parameters<P>& parameters, const ColumnStatistics& statistics) const {
        using T = typename P::Scalar;
        const std::vector<T> mean(statistics.mean.begin(), statistics.mean.end()),
            scale(statistics.scale.begin(), statistics.scale.end());
        require(static_cast<Index>(mean.size()) == mean_.cols, "column statistics", "of another width",
                text_of(mean_.cols), text_of(mean.size()));
        on.upload(mean.data(), parameters.list(mean_));
        on.upload(scale.data(), parameters.list(scale_));
    }

    template <class P>
    Rows<P> forward(Context<P>& ctx, CRows<P> x) const {
        const Rows<P> y = ctx.work.keep(x.rows, x.cols);
        if (x.rows > 0)
            ctx.on.for_each_row(
                x.rows, 2 * x.cols,
                StandardizedRows<typename P::Scalar>{x.data, x.stride, ctx.value(mean_).data,
                                                     ctx.value(scale_).data, y.data, y.stride, x.cols});
        return y;
    }
    /// \param dx  assigned (=); may be empty
    template <class P>
    void backward(Context<P>& ctx, CRows<P> dy, Rows<P> dx) const {
        if (dx.empty()) return;
        ctx.on.for_each_row(dy.rows, 2 * dy.cols,
                            StandardizedBackwardRows<typename P::Scalar>{
                                dy.data, dy.stride, ctx.value(scale_).data, dx.data, dx.stride, dy.cols});
    }

private:
    TensorRef mean_, scale_;
};

}  // namespace coco::nn
