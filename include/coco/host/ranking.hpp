// SPDX-License-Identifier: Apache-2.0
/// \file
/// Rankings over all columns, one tile of scores at a time: the k best of a row, and the rank of a target.
/// The scores of equal columns are bit-identical at any position, so that ties are exact.
#pragma once

#include <algorithm>
#include <limits>

#include <coco/exec/primitives.hpp>
#include <coco/host/for_each_row.hpp>
#include <coco/host/packed.hpp>
#include <coco/host/pool.hpp>
#include <coco/host/scratch.hpp>

namespace coco::host {
inline namespace COCO_INSTRUCTION_SET {

/// Scores of rows with all columns, made tile by tile.
template <class P>
class Scorer {
public:
    using T = typename P::Scalar;
    static constexpr Index tile_columns = 4 * block_width<T>, tile_stride = tile_columns + lanes<T>;
    static constexpr Index chunk_rows = 4 * block_rows;

    /// For few rows the columns are read in place; for more they are packed first.
    Scorer(Pool& pool, const Scratch& scratch, CRows<P> h, CRows<P> columns, CRows<P> bias,
           const ExcludedItems<P>& excluded)
        : h_(h), columns_(columns), bias_(bias), excluded_(excluded) {
        constexpr Index few = 8;
        if (h.rows >= few)
            packed_ = pack<T>(pool, columns, scratch.take<T>(Packed<T>::size(columns.rows, columns.cols)));
    }

    Index tiles() const { return (columns_.rows + tile_columns - 1) / tile_columns; }
    Index columns_of(Index tile) const { return std::min(tile_columns, columns_.rows - tile * tile_columns); }

    /// Scores of rows first .. first+count-1 with one tile of columns, into rows `tile_stride` apart. Tiles
    /// come in order; `skip` holds each row's position in its list of excluded columns, initialised by
    /// `start`.
    void tile(Index first, Index count, Index t, T* z, Index* skip) const {
        const Index start = t * tile_columns, width = columns_of(t);
        if (packed_.data)
            scores(h_.row(first), h_.stride, count, packed_, start, width, z, tile_stride);
        else
            for (Index i = 0; i < count; ++i)
                for (Index j = 0; j < width; ++j) z[i * tile_stride + j] = alone(first + i, start + j);
        for (Index i = 0; i < count; ++i) {
            T* const line = z + i * tile_stride;
            if (!bias_.empty()) {
                const T* const bias = bias_.data + start;
                Row<T>{}.each(width, [line, bias](Index j) { line[j] += bias[j]; });
            }
            if (excluded_.of_row.count() == 0) continue;
            for (const Index end = excluded_.of_row.end(first + i); skip[i] < end; ++skip[i]) {
                const Index column = excluded_.item[skip[i]] - start;
                if (column >= width) break;
                line[column] = masked();
            }
        }
    }
    void start(Index first, Index count, Index* skip) const {
        for (Index i = 0; i < count; ++i)
            skip[i] = excluded_.of_row.count() > 0 ? excluded_.of_row.begin(first + i) : 0;
    }

    /// The score of one row with one column, bit-identical to that in its tile.
    T score(Index row, Index column) const {
        if (excluded_.of_row.count() > 0) {
            const Id* const from = excluded_.item.data + excluded_.of_row.begin(row);
            const Id* const to = excluded_.item.data + excluded_.of_row.end(row);
            if (std::binary_search(from, to, static_cast<Id>(column))) return masked();
        }
        T block[block_width<T>];
        const Index within = column % block_width<T>;
        if (packed_.data)
            scores(h_.row(row), h_.stride, 1, packed_, column - within, 1, block, block_width<T>);
        else
            block[within] = alone(row, column);
        return bias_.empty() ? block[within] : block[within] + bias_.data[column];
    }

private:
    T masked() const { return excluded_.zeroed ? T(0) : -std::numeric_limits<T>::infinity(); }
    T alone(Index row, Index column) const {
        const T* const x = h_.row(row);
        const T* const y = columns_.row(column);
        return Row<T>{}.sum(h_.cols, [x, y](Index j) { return x[j] * y[j]; });
    }

    CRows<P> h_, columns_, bias_;
    const ExcludedItems<P>& excluded_;
    Packed<T> packed_;
};

/// A column and its score.
template <class T>
struct Scored {
    T score;
    Id column;

    /// Whether a comes before b in a ranking.
    static bool before(const Scored& a, const Scored& b) {
        return a.score > b.score || (a.score == b.score && a.column < b.column);
    }
};

/// The k best so far, and candidates that may still be dropped: a list that is cut back to k whenever it is
/// full.
template <class T>
struct Best {
    Scored<T>* list;
    Index k, count = 0;
    T bar = -std::numeric_limits<T>::infinity();  ///< threshold that a score must exceed

    static Index room(Index k) { return k + std::max<Index>(k, 32); }

    void offer(Scored<T> x) {
        list[count++] = x;
        if (count < room(k)) return;
        std::nth_element(list, list + k - 1, list + count, Scored<T>::before);
        count = k;
        bar = list[k - 1].score;
    }
    void finish() {
        std::sort(list, list + count, Scored<T>::before);
        count = std::min(count, k);
    }
    /// Offers columns first .. first+n-1. Columns come in ascending order, so equals of the worst are not
    /// added.
    void scan(const T* z, Index first, Index n) {
        constexpr Index slice = 64;
        for (Index j = 0; j < n; j += slice) {
            const Index end = std::min(n, j + slice);
            const T limit = bar;
            const T* const at = z + j;
            if (Row<T>{}.sum(end - j, [at, limit](Index i) { return at[i] > limit ? T(1) : T(0); }) == T(0))
                continue;
            for (Index i = j; i < end; ++i)
                if (z[i] > bar) offer({z[i], static_cast<Id>(first + i)});
        }
    }
};

/// See the primitive `top_k`.
template <class P>
void top_k(Pool& pool, CRows<P> h, CRows<P> columns, CRows<P> bias, const ExcludedItems<P>& excluded, Index k,
           MutableIds<P> best, Rows<P> scores) {
    using T = typename P::Scalar;
    using Work = Scorer<P>;
    const Scratch scratch;
    const Work work(pool, scratch, h, columns, bias, excluded);
    pool.run((h.rows + Work::chunk_rows - 1) / Work::chunk_rows, [&](Index task) {
        const Index first = task * Work::chunk_rows, count = std::min(Work::chunk_rows, h.rows - first);
        const Scratch inner;
        T* const z = inner.take<T>(count * Work::tile_stride);
        const Index room = Best<T>::room(k);
        Scored<T>* const list = inner.take<Scored<T>>(count * room);
        Best<T> rows[Work::chunk_rows];
        Index skip[Work::chunk_rows];
        for (Index i = 0; i < count; ++i) rows[i] = {list + i * room, k};
        work.start(first, count, skip);
        for (Index t = 0; t < work.tiles(); ++t) {
            work.tile(first, count, t, z, skip);
            for (Index i = 0; i < count; ++i)
                rows[i].scan(z + i * Work::tile_stride, t * Work::tile_columns, work.columns_of(t));
        }
        for (Index i = 0; i < count; ++i) {
            rows[i].finish();
            for (Index j = 0; j < k; ++j) {
                const bool found = j < rows[i].count;
                best[(first + i) * k + j] = found ? rows[i].list[j].column : no_id;
                scores(first + i, j) = found ? rows[i].list[j].score : -std::numeric_limits<T>::infinity();
            }
        }
    });
}

/// See the primitive `target_rank`. A NaN score counts as better than the target's; where the target's score
/// is NaN, every score does.
template <class P>
void target_rank(Pool& pool, CRows<P> h, CRows<P> columns, CRows<P> bias, const ExcludedItems<P>& excluded,
                 Ids<P> target, Rows<P> places) {
    using T = typename P::Scalar;
    using Work = Scorer<P>;
    const Scratch scratch;
    const Work work(pool, scratch, h, columns, bias, excluded);
    pool.run((h.rows + Work::chunk_rows - 1) / Work::chunk_rows, [&](Index task) {
        const Index first = task * Work::chunk_rows, count = std::min(Work::chunk_rows, h.rows - first);
        const Scratch inner;
        T* const z = inner.take<T>(count * Work::tile_stride);
        T own[Work::chunk_rows];
        Index better[Work::chunk_rows] = {}, equal[Work::chunk_rows] = {}, skip[Work::chunk_rows];
        for (Index i = 0; i < count; ++i) own[i] = work.score(first + i, target[first + i]);
        work.start(first, count, skip);
        for (Index t = 0; t < work.tiles(); ++t) {
            work.tile(first, count, t, z, skip);
            for (Index i = 0; i < count; ++i) {
                const T* const line = z + i * Work::tile_stride;
                const T mine = own[i];
                const Row<T> lane;
                const Index n = work.columns_of(t);
                better[i] += static_cast<Index>(
                    lane.sum(n, [line, mine](Index j) { return line[j] <= mine ? T(0) : T(1); }));
                equal[i] += static_cast<Index>(
                    lane.sum(n, [line, mine](Index j) { return line[j] == mine ? T(1) : T(0); }));
            }
        }
        for (Index i = 0; i < count; ++i)
            places(first + i, 0) =
                static_cast<T>(1 + better[i]) + static_cast<T>(std::max<Index>(equal[i], 1) - 1) / 2;
    });
}

}  // namespace COCO_INSTRUCTION_SET
}  // namespace coco::host
