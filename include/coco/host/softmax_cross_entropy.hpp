// SPDX-License-Identifier: Apache-2.0
/// \file
/// A softmax over all columns for each row, with its loss and gradients, in one pass over the columns. A tile
/// of scores is exponentiated relative to the maximum so far and used at once; a later, larger maximum is
/// accounted for by one factor per row and tile (as in Milakov and Gimelshein, 2018).
#pragma once

#include <algorithm>
#include <limits>

#include <coco/core/math.hpp>
#include <coco/exec/primitives.hpp>
#include <coco/host/for_each_row.hpp>
#include <coco/host/packed.hpp>
#include <coco/host/pool.hpp>
#include <coco/host/product.hpp>
#include <coco/host/scratch.hpp>

namespace coco::host {
inline namespace COCO_INSTRUCTION_SET {

/// The arrays of one call of `softmax_cross_entropy`. Rows without a positive are left out: `row` lists the
/// others.
template <class P>
struct SoftmaxPass {
    using T = typename P::Scalar;
    static constexpr Index tile_columns = 8 * block_width<T>, tile_stride = tile_columns + lanes<T>;
    static constexpr Index chunk_rows = 16 * block_rows;

    CRows<P> h;
    const Classes<P>& classes;
    T scale;
    Rows<P> dh;
    const Id* row;
    Packed<T> packed;
    const T* plain;  ///< the columns, `plain_stride` apart, readable in whole vectors
    Index plain_stride, width;
    bool keep;  ///< whether gradients of columns or bias need the exponentials

    Index tiles() const { return (classes.columns.rows + tile_columns - 1) / tile_columns; }

    /// State of a chunk of rows.
    struct Chunk {
        Index first, count;
        T* scaled;        ///< count x width: rows of h times the inverse temperature
        T* exponentials;  ///< tiles of count x tile_stride
        T* level;         ///< tiles x count: the maximum that each tile was exponentiated with
        T *maximum, *sum, *positive, *slope;
        Id* skip;  ///< next excluded class
    };

    Chunk chunk(const Scratch& scratch, Index first, Index count) const {
        Chunk c{first,   count,  scratch.take<T>(count * width), nullptr, nullptr, nullptr, nullptr, nullptr,
                nullptr, nullptr};
        c.exponentials = scratch.take<T>((keep ? tiles() : 1) * count * tile_stride);
        c.level = scratch.take<T>(tiles() * count);
        c.maximum = scratch.take<T>(count);
        c.sum = scratch.take<T>(count);
        c.positive = scratch.take<T>(count);
        c.slope = scratch.take<T>(count * width);
        c.skip = scratch.take<Id>(count);
        const bool excluding = classes.excluded_of.count() > 0;
        for (Index i = 0; i < count; ++i) {
            widen(h.row(row[first + i]), h.cols, width, classes.inverse_temperature, c.scaled + i * width);
            c.maximum[i] = std::numeric_limits<T>::lowest();
            c.sum[i] = 0;
            c.skip[i] = excluding ? static_cast<Id>(classes.excluded_of.begin(row[first + i])) : 0;
        }
        return c;
    }

    T* tile(const Chunk& c, Index t) const { return c.exponentials + (keep ? t : 0) * c.count * tile_stride; }

    /// Turns the scores of row i in tile t into exponentials.
    void soften(const Chunk& c, Index t, Index i, Index columns, T* z) const {
        const Index first = t * tile_columns, from = row[c.first + i];
        const Row<T> lane;
        if (!classes.bias.empty()) {
            const T* const bias = classes.bias.data + first;
            lane.each(columns, [z, bias](Index j) { z[j] += bias[j]; });
        }
        if (classes.excluded_of.count() > 0) {
            const Index end = classes.excluded_of.end(from);
            for (; c.skip[i] < end && classes.excluded[c.skip[i]] < first + columns; ++c.skip[i])
                z[classes.excluded[c.skip[i]] - first] = -std::numeric_limits<T>::infinity();
        }
        const Index positive = classes.positive[from] - first;
        if (positive >= 0 && positive < columns) c.positive[i] = z[positive];
        const T before = c.maximum[i], here = lane.max(columns, [z](Index j) { return z[j]; });
        if (here > before) {
            c.maximum[i] = here;
            const T shrink = math::exp(before - here);
            c.sum[i] *= shrink;
            if (t > 0 && !dh.empty()) {
                T* const slope = c.slope + i * width;
                lane.each(width, [slope, shrink](Index j) { slope[j] *= shrink; });
            }
        }
        const T maximum = c.maximum[i];
        c.level[t * c.count + i] = maximum;
        c.sum[i] += lane.sum(columns, [z, maximum](Index j) { return z[j] = math::exp(z[j] - maximum); });
    }

    /// One pass over all columns: denominators, loss and dh of the rows. Returns the sum of losses.
    double forward(const Chunk& c) const {
        const Index count = classes.columns.rows;
        for (Index t = 0; t < tiles(); ++t) {
            const Index first = t * tile_columns, columns = std::min(tile_columns, count - first);
            T* const z = tile(c, t);
            scores(c.scaled, width, c.count, packed, first, columns, z, tile_stride);
            for (Index i = 0; i < c.count; ++i) soften(c, t, i, columns, z + i * tile_stride);
            if (!dh.empty())
                product<T>(c.count, width, columns, {z, tile_stride, 1}, plain + first * plain_stride,
                           plain_stride, c.slope, width, t > 0);
        }
        double total = 0;
        for (Index i = 0; i < c.count; ++i) {
            total += static_cast<double>(math::log(c.sum[i])) + static_cast<double>(c.maximum[i]) -
                     static_cast<double>(c.positive[i]);
            c.sum[i] = scale / c.sum[i];
            if (dh.empty()) continue;
            const Index from = row[c.first + i];
            const T factor = c.sum[i] * classes.inverse_temperature,
                    hit = scale * classes.inverse_temperature;
            const T* const slope = c.slope + i * width;
            const T* const target = classes.columns.row(classes.positive[from]);
            T* const out = dh.row(from);
            Row<T>{}.each(h.cols, [=](Index j) { out[j] = factor * slope[j] - hit * target[j]; });
        }
        return total;
    }

    /// Adds the chunk's share to the gradients of columns, laid out as `Packed`, and of the bias; sets them
    /// where `fresh`. In this layout a block of exponentials is read row by row and stays in the first-level
    /// cache.
    void backward(const Chunk& c, T* dcolumns, T* dbias, bool fresh) const {
        const Index count = classes.columns.rows, depth = h.cols;
        for (Index t = 0; t < tiles(); ++t) {
            const Index first = t * tile_columns, columns = std::min(tile_columns, count - first);
            const T* const z = tile(c, t);
            if (dbias && fresh) std::fill(dbias + first, dbias + first + columns, T(0));
            for (Index i = 0; i < c.count; ++i) {
                const T factor = c.sum[i] * math::exp(c.level[t * c.count + i] - c.maximum[i]);
                const T* const line = z + i * tile_stride;
                if (dcolumns) {
                    widen(c.scaled + i * width, width, width, factor, c.slope + i * width);
                    // The next tile is in an outer cache by now: prefetch it.
                    const T* const next = t + 1 < tiles() ? line + c.count * tile_stride : line;
                    for (Index j = 0; j < tile_stride; j += 64 / static_cast<Index>(sizeof(T)))
                        __builtin_prefetch(next + j, 0, 2);
                }
                if (!dbias) continue;
                T* const to = dbias + first;
                Row<T>{}.each(columns, [=](Index j) { to[j] += factor * line[j]; });
            }
            for (Index j = 0; dcolumns && j < columns; j += block_width<T>)
                product<T>(depth, block_width<T>, c.count, {c.slope, 1, width}, z + j, tile_stride,
                           dcolumns + (first + j) * depth, block_width<T>, !fresh);
        }
        for (Index i = 0; i < c.count; ++i) {
            const Index positive = classes.positive[row[c.first + i]], within = positive % block_width<T>;
            if (dbias) dbias[positive] -= scale;
            if (!dcolumns) continue;
            T* const to = dcolumns + (positive - within) * depth + within;
            for (Index j = 0; j < depth; ++j) to[j * block_width<T>] -= scale * c.scaled[i * width + j];
        }
    }
};

/// See the primitive `softmax_cross_entropy`. Rows are divided into at most 16 parts, each with gradients of
/// its own that are added in order: parts x C x d elements of scratch.
template <class P>
void softmax_cross_entropy(Pool& pool, CRows<P> h, const Classes<P>& classes, typename P::Scalar scale,
                           typename P::Scalar* loss, Rows<P> dh, Rows<P> dcolumns, Rows<P> dbias) {
    using T = typename P::Scalar;
    const CRows<P> columns = classes.columns;
    const Index width = padded<T>(h.cols), size = Packed<T>::size(columns.rows, columns.cols);
    const Scratch scratch;
    Id* const row = scratch.take<Id>(h.rows);
    Index rows = 0;
    for (Index i = 0; i < h.rows; ++i)
        if (classes.positive[i] >= 0)
            row[rows++] = static_cast<Id>(i);
        else if (!dh.empty())
            std::fill(dh.row(i), dh.row(i) + dh.cols, T(0));
    if (rows == 0) return;

    SoftmaxPass<P> work{h,  classes,      scale,          dh,    row,
                        {}, columns.data, columns.stride, width, !dcolumns.empty() || !dbias.empty()};
    work.packed = pack<T>(pool, columns, scratch.take<T>(size));
    if (!dh.empty() && width != columns.cols) {
        T* const wide = scratch.take<T>(columns.rows * width);
        for (Index c = 0; c < columns.rows; ++c)
            widen(columns.row(c), columns.cols, width, T(1), wide + c * width);
        work.plain = wide;
        work.plain_stride = width;
    }

    // All parts have the same number of chunks, so that no chunk is much shorter than is efficient.
    constexpr Index max_elements = Index{1} << 26;
    const Index max_parts = std::clamp<Index>(max_elements / size, 2, 16), usual = work.chunk_rows;
    const Index rows_per_chunk = rows < 8 * usual ? usual / 2 : usual;
    const Index all_chunks = (rows + rows_per_chunk - 1) / rows_per_chunk;
    const Index chunks = (all_chunks + max_parts - 1) / max_parts, parts = (all_chunks + chunks - 1) / chunks;
    double* const part_loss = scratch.take<double>(parts);
    T* const part_columns = dcolumns.empty() ? nullptr : scratch.take<T>(parts * size);
    T* const part_bias = dbias.empty() ? nullptr : scratch.take<T>(parts * columns.rows);
    pool.run(parts, [&](Index p) {
        const Index begin = p * rows / parts, end = (p + 1) * rows / parts;
        part_loss[p] = 0;
        for (Index c = 0; c < chunks; ++c) {
            const Index first = begin + c * (end - begin) / chunks,
                        last = begin + (c + 1) * (end - begin) / chunks;
            const Scratch inner;
            const auto chunk = work.chunk(inner, first, last - first);
            part_loss[p] += work.forward(chunk);
            if (work.keep)
                work.backward(chunk, part_columns ? part_columns + p * size : nullptr,
                              part_bias ? part_bias + p * columns.rows : nullptr, c == 0);
        }
    });

    double total = 0;
    for (Index p = 0; p < parts; ++p) total += part_loss[p];
    *loss += static_cast<T>(static_cast<double>(scale) * total);
    if (!work.keep) return;
    pool.run(work.packed.blocks(columns.rows), [&](Index b) {
        const Index first = b * block_width<T>, count = std::min(block_width<T>, columns.rows - first);
        for (Index p = 0; part_bias && p < parts; ++p)
            for (Index c = first; c < first + count; ++c) dbias.data[c] += part_bias[p * columns.rows + c];
        if (!part_columns) return;
        const Index extent = block_width<T> * columns.cols;
        T* const sum = part_columns + b * extent;
        for (Index p = 1; p < parts; ++p) {
            const T* const from = part_columns + p * size + b * extent;
            Row<T>{}.each(extent, [=](Index j) { sum[j] += from[j]; });
        }
        for (Index c = 0; c < count; ++c)
            for (Index j = 0; j < columns.cols; ++j)
                dcolumns.row(first + c)[j] += sum[j * block_width<T> + c];
    });
}

}  // namespace COCO_INSTRUCTION_SET
}  // namespace coco::host
