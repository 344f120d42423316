// SPDX-License-Identifier: Apache-2.0
/// \file
/// One row for each segment: the mean of its rows, or the first of them.
#pragma once

#include <algorithm>

#include <coco/nn/layer.hpp>
#include <coco/store/ragged.hpp>

namespace coco::nn {

/// out_s = the mean of the first `most` rows of segment s; zeros if it is empty.
template <class T>
struct PoolRows {
    const T* x;
    Index x_stride;
    const Id* offsets;
    Id most;
    T* out;
    Index cols;

    template <class Row>
    COCO_HD void operator()(Index s, const Row& row) const {
        const Id begin = offsets[s], length = offsets[s + 1] - begin, n = length < most ? length : most;
        T* const to = out + s * cols;
        row.each(cols, [&](Index j) { to[j] = T(0); });
        const T share = T(1) / static_cast<T>(n > 0 ? n : 1);
        for (Id r = begin; r < begin + n; ++r) {
            const T* const from = x + r * x_stride;
            row.each(cols, [&](Index j) { to[j] += share * from[j]; });
        }
    }
};

/// dx_r = dy_s / n for the n rows of segment s that were averaged, 0 for the others.
template <class T>
struct PoolBackwardRows {
    const T* dy;
    Index dy_stride;
    const Id* offsets;
    Id most;
    T* dx;
    Index dx_stride, cols;

    template <class Row>
    COCO_HD void operator()(Index s, const Row& row) const {
        const Id begin = offsets[s], end = offsets[s + 1], n = end - begin < most ? end - begin : most;
        const T* const from = dy + s * dy_stride;
        for (Id r = begin; r < end; ++r) {
            T* const to = dx + r * dx_stride;
            const T share = r < begin + n ? T(1) / static_cast<T>(n) : T(0);
            row.each(cols, [&](Index j) { to[j] = share * from[j]; });
        }
    }
};

/// Pools the rows of each segment.
class SegmentPool {
public:
    /// \param most  rows of a segment that are averaged, from its first on; 1: the first alone
    explicit SegmentPool(Id most) : most_(most) {}

    /// \return  segments x columns
    template <class P>
    Rows<P> forward(Context<P>& ctx, const Segments<P>& segments, CRows<P> x) const {
        const Index count = segments.count();
        const Rows<P> out = ctx.work.keep(count, x.cols);
        if (count > 0)
            ctx.on.for_each_row(count, work(segments, x.cols),
                                PoolRows<typename P::Scalar>{x.data, x.stride, segments.offsets.data, most_,
                                                             out.data, x.cols});
        return out;
    }

    /// \param dx  all rows of the segments, assigned (=)
    template <class P>
    void backward(Context<P>& ctx, const Segments<P>& segments, CRows<P> dy, Rows<P> dx) const {
        if (segments.count() > 0 && !dx.empty())
            ctx.on.for_each_row(
                segments.count(), work(segments, dx.cols),
                PoolBackwardRows<typename P::Scalar>{dy.data, dy.stride, segments.offsets.data, most_,
                                                     dx.data, dx.stride, dx.cols});
    }

private:
    /// Numbers that a row of the result reads and writes, on average.
    template <class P>
    static Index work(const Segments<P>& segments, Index cols) {
        return cols * (1 + segments.rows() / std::max<Index>(1, segments.count()));
    }

    Id most_;
};

}  // namespace coco::nn
