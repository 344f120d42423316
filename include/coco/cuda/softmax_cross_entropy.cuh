// SPDX-License-Identifier: Apache-2.0
/// \file
/// A softmax over all columns for each row, with its loss and gradients. Scores are made one tile at a time,
/// by cuBLAS, in memory that stays in the second-level cache. If one tile holds all columns of a row, its
/// scores become exponentials at once, and the division by their sum is applied to the small factors:
///   E_ic = e^(s_ic - max_i), less sum_i at the positive     f_i = scale / sum_i
///   dh = f E c / temperature     dcolumns += E' (f h / temperature)     dbias += E' f
/// Where columns take several tiles, a first pass over them finds max_i and sum_i, tile by tile (Milakov and
/// Gimelshein, 2018), and a second recomputes the scores.
#pragma once

#include <algorithm>

#include <coco/core/math.hpp>
#include <coco/cuda/attend_keys.cuh>
#include <coco/cuda/for_each_row.cuh>
#include <coco/cuda/multiply.cuh>
#include <coco/cuda/reduce.cuh>
#include <coco/cuda/scores.cuh>
#include <coco/exec/primitives.hpp>

namespace coco {

namespace cuda {

/// Rows and columns whose scores are in memory at once: all columns of some hundred rows, or else many rows
/// and as many columns as fit.
struct ClassTiles {
    Index rows, columns;

    /// \param room  number of scores that stay in the second-level cache
    ClassTiles(Index all_rows, Index all_columns, Index room) {
        const Index all = std::max<Index>(all_columns, 1), few = std::min<Index>(all_rows, 256),
                    many = std::min<Index>(all_rows, 4096);
        const bool whole = all <= room / few;
        const Index maximum = whole ? room / all : many, chunks = (all_rows + maximum - 1) / maximum;
        rows = (all_rows + chunks - 1) / chunks;
        columns = whole ? all_columns : std::clamp<Index>(room / rows, 1, all);
    }
};
/// Number of scores in `ClassTiles`, unless the caller gives another.
inline constexpr Index class_room = Index{1} << 23;

/// State of each row.
template <class T>
struct ClassState {
    T *maximum, *sum, *positive, *factor;
    double* loss;
};

/// `Classes` as passed to kernels.
template <class T>
struct ClassCall {
    const T* bias = nullptr;
    const Id* positive = nullptr;
    Pieces excluded_of;
    const Id* excluded = nullptr;
    T scale = 1;
};

/// Rows of h as factors of the products: times the inverse temperature; zero where a row is ignored, whatever
/// it holds.
template <class T>
struct ScaleRows {
    View<const T, space::Device> h;
    const Id* positive;
    T factor;
    View<T, space::Device> to;

    template <class Row>
    COCO_HD void operator()(Index i, const Row& row) const {
        const T* const from = h.row(i);
        T* const out = to.row(i);
        const T times = factor;
        if (positive[i] < 0)
            row.each(h.cols, [=](Index j) { out[j] = 0; });
        else
            row.each(h.cols, [=](Index j) { out[j] = times * from[j]; });
    }
};

/// One row of a tile of scores: updates max_i and sum_i, and computes the exponentials.
template <class T>
struct ExponentiateTile {
    ClassCall<T> call;
    ClassState<T> state;
    View<T, space::Device> scores;
    Index first_row, first_column;
    bool measure;      ///< max_i and sum_i are still to be computed
    bool keep;         ///< the tile becomes exponentials
    bool fresh, last;  ///< the first tile to be measured, the last one

    template <class Row>
    COCO_HD void operator()(Index i, const Row& row) const {
        const Index from = first_row + i, n = scores.cols, first = first_column;
        T* const z = scores.row(i);
        if (call.positive[from] < 0) {
            if (keep) row.each(n, [=](Index j) { z[j] = 0; });
            const ClassState<T> to = state;
            row.each(1, [=](Index) {
                to.factor[from] = 0;
                to.loss[from] = 0;
            });
            return;
        }
        leave_out(from, z, row);
        const T* const bias = call.bias ? call.bias + first : nullptr;
        const auto score = [=](Index j) { return bias ? z[j] + bias[j] : z[j]; };
        const Index positive = call.positive[from] - first;
        const bool here = positive >= 0 && positive < n;
        const T before = measure && fresh ? lowest<T> : state.maximum[from];
        T maximum = before, own = 0;
        if (measure) {
            if (here) own = score(positive);
            const T highest = row.max(n, score);
            maximum = highest > before ? highest : before;
        }
        T part = 0;
        if (measure && keep)
            part = row.sum(n, [=](Index j) { return z[j] = math::exp(score(j) - maximum); });
        else if (measure)
            part = row.sum(n, [=](Index j) { return math::exp(score(j) - maximum); });
        else
            row.each(n, [=](Index j) { z[j] = math::exp(score(j) - maximum); });
        const ExponentiateTile mine = *this;
        row.each(1, [=](Index) {
            if (mine.measure) mine.note(from, maximum, before, part, here, own);
            if (mine.keep && here) z[positive] -= mine.state.sum[from];
        });
    }

private:
    /// Sets the scores of the tile's excluded classes to minus infinity.
    template <class Row>
    COCO_HD void leave_out(Index from, T* z, const Row& row) const {
        if (call.excluded_of.count == 0) return;
        const Id* const at = call.excluded;
        const Index first = first_column, end = call.excluded_of.end(from),
                    begin = first_not_below(at, call.excluded_of.begin(from), end, first),
                    stop = first_not_below(at, begin, end, first + scores.cols);
        row.each(stop - begin, [=](Index s) { z[at[begin + s] - first] = -infinity<T>; });
    }
    /// Stores the state of the row; called by one thread.
    COCO_HD void note(Index from, T maximum, T before, T part, bool here, T own) const {
        const T sum = (fresh ? T(0) : state.sum[from] * math::exp(before - maximum)) + part;
        state.maximum[from] = maximum;
        state.sum[from] = sum;
        if (here) state.positive[from] = own;
        if (!last) return;
        const T target = here ? own : state.positive[from];
        state.factor[from] = call.scale / sum;
        state.loss[from] =
            static_cast<double>(math::log(sum)) + static_cast<double>(maximum) - static_cast<double>(target);
    }
};

/// to_i = times * factor_i * from_i; `to` may be `from`.
template <class T>
struct TimesFactors {
    View<const T, space::Device> from;
    const T* factor;
    T times;
    View<T, space::Device> to;

    template <class Row>
    COCO_HD void operator()(Index i, const Row& row) const {
        const T by = times * factor[i];
        const T* const x = from.row(i);
        T* const out = to.row(i);
        // An ignored row has a gradient of zero, whatever the columns hold.
        row.each(to.cols, [=](Index j) { out[j] = by == T(0) ? T(0) : by * x[j]; });
    }
};

/// What row i adds to the gradient of the bias of column j.
template <class T>
struct BiasTerm {
    View<const T, space::Device> exponentials;
    const T* factor;

    COCO_HD T operator()(Index i, Index j) const { return factor[i] * exponentials.row(i)[j]; }
};

/// See the primitive `softmax_cross_entropy`.
/// \tparam Math  math mode of the products
/// \param loss   in device memory
template <class P, class Math>
void softmax_cross_entropy(Device& device, CRows<P> h, const Classes<P>& classes, typename P::Scalar scale,
                           typename P::Scalar* loss, Rows<P> dh, Rows<P> dcolumns, Rows<P> dbias,
                           Index room = class_room) {
    using T = typename P::Scalar;
    if (h.rows == 0) return;
    const CRows<P> columns = classes.columns;
    const ClassTiles tiles(h.rows, columns.rows, room);
    const bool whole = tiles.columns == columns.rows,
               wanted = !dh.empty() || !dcolumns.empty() || !dbias.empty();
    const Scratch scratch(device);
    const auto numbers = [&](Index count) { return scratch.take<T>(count); };
    const Rows<P> scaled{numbers(h.rows * h.cols), h.rows, h.cols},
        weighted{dcolumns.empty() ? nullptr : numbers(tiles.rows * h.cols), tiles.rows, h.cols};
    T* const z = numbers(tiles.rows * tiles.columns);
    const ClassState<T> state{numbers(h.rows), numbers(h.rows), numbers(h.rows), numbers(h.rows),
                              scratch.take<double>(h.rows)};
    const ClassCall<T> call{classes.bias.data, classes.positive.data, pieces(classes.excluded_of),
                            classes.excluded.data, scale};
    const T cold = classes.inverse_temperature;
    for_each_row<T>(device, h.rows, 2 * h.cols, ScaleRows<T>{h, call.positive, cold, scaled});

    for (Index row = 0; row < h.rows; row += tiles.rows) {
        const Index count = std::min(tiles.rows, h.rows - row);
        const CRows<P> factors = scaled.rows_from(row, count);
        const auto tile = [&](Index first, bool measure, bool keep) {
            const Rows<P> part{z, count, std::min(tiles.columns, columns.rows - first)};
            multiply<T, Math>(device, factors, Op::plain, columns.rows_from(first, part.cols), Op::transposed,
                              part, T(1), T(0));
            for_each_row<T>(device, count, 4 * part.cols,
                            ExponentiateTile<T>{call, state, part, row, first, measure, keep, first == 0,
                                                first + part.cols == columns.rows});
            return part;
        };
        const auto use = [&](Index first, CRows<P> part) {
            const CRows<P> these = columns.rows_from(first, part.cols);
            if (!dh.empty())
                multiply<T, Math>(device, part, Op::plain, these, Op::plain, dh.rows_from(row, count), T(1),
                                  first == 0 ? T(0) : T(1));
            if (!dcolumns.empty())
                multiply<T, Math>(device, part, Op::transposed, weighted.rows_from(0, count), Op::plain,
                                  dcolumns.rows_from(first, part.cols), T(1), T(1));
            if (!dbias.empty())
                reduce<T>(device, count, dbias.cols_from(first, part.cols),
                          BiasTerm<T>{part, state.factor + row});
        };
        const auto weigh = [&] {
            if (!dcolumns.empty())
                for_each_row<T>(
                    device, count, 2 * h.cols,
                    TimesFactors<T>{factors, state.factor + row, T(1), weighted.rows_from(0, count)});
        };
        if (whole) {
            const CRows<P> part = tile(0, true, wanted);
            weigh();
            use(0, part);
            continue;
        }
        for (Index first = 0; first < columns.rows; first += tiles.columns) tile(first, true, false);
        weigh();
        for (Index first = 0; wanted && first < columns.rows; first += tiles.columns)
            use(first, tile(first, false, true));
    }
    launch(device.stream(), kernel::add_sum<T>, dim3(1), dim3(block_threads),
           sizeof(double) * (block_threads / warp_size), static_cast<const double*>(state.loss), h.rows,
           scale, loss);
    if (!dh.empty()) for_each_row<T>(device, h.rows, 2 * h.cols, TimesFactors<T>{dh, state.factor, cold, dh});
}

}  // namespace cuda

}  // namespace coco
