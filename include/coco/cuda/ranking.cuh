// SPDX-License-Identifier: Apache-2.0
/// \file
/// Rankings over all columns, one tile of scores at a time: the k best of a row, and the rank of a target.
#pragma once

#include <algorithm>

#include <coco/cuda/attend_keys.cuh>
#include <coco/cuda/scores.cuh>
#include <coco/exec/primitives.hpp>

namespace coco {

namespace cuda {

/// Positions begin .. end-1 of a list.
struct Slice {
    Index begin = 0, end = 0;
};

/// `ExcludedItems` as passed to kernels.
template <class T>
struct ExcludedColumns {
    Pieces of_row;
    const Id* item = nullptr;
    T score = 0;  ///< of an excluded column

    /// The columns excluded for row i among columns first .. first+n-1: a slice of `item`.
    __device__ Slice within(Index i, Index first, Index n) const {
        if (of_row.count == 0) return {};
        const Index end = of_row.end(i), begin = first_not_below(item, of_row.begin(i), end, first);
        return {begin, first_not_below(item, begin, end, first + n)};
    }
    __device__ bool has(Index i, Index column) const {
        if (of_row.count == 0) return false;
        const Index end = of_row.end(i), s = first_not_below(item, of_row.begin(i), end, column);
        return s < end && item[s] == column;
    }
};

template <class P>
ExcludedColumns<typename P::Scalar> excluded_columns(const ExcludedItems<P>& excluded) {
    using T = typename P::Scalar;
    return {pieces(excluded.of_row), excluded.item.data, excluded.zeroed ? T(0) : -infinity<T>};
}

/// Rows and columns whose scores are in memory at once.
struct RankTiles {
    Index rows, columns;

    /// \param room  number of scores that stay in the second-level cache
    RankTiles(Index all_rows, Index all_columns, Index room)
        : rows(std::clamp<Index>(all_rows, 1, max_rows)),
          columns(std::clamp<Index>(room / rows, 1, std::max<Index>(all_columns, 1))) {}

    static constexpr Index max_rows = 2048;
};
/// Number of scores in `RankTiles`, unless the caller gives another.
inline constexpr Index rank_room = Index{1} << 23;

/// A tile of scores that is added to the rows' lists of best columns.
template <class T>
struct BestCall {
    View<T, space::Device> scores;  ///< of the tile
    Index first_row, first_column;
    ExcludedColumns<T> excluded;
    Index k;
    int room;  ///< capacity of the block's list: a power of two, at least k + slice
    bool fresh;
    Id* best;
    View<T, space::Device> best_scores;

    static constexpr int threads = 128, slice = 2 * threads;
    /// Maximum number of best columns per row.
    static constexpr Index maximum = 3840;
};

/// The list of a block: the best columns so far, and candidates that may still be dropped. Stored in shared
/// memory.
template <class T>
struct BestList {
    T* score;
    Id* column;
    int* count;

    __device__ explicit BestList(int room)
        : score(shared<T>()),
          column(reinterpret_cast<Id*>(score + room)),
          count(reinterpret_cast<int*>(column + room)) {}
    static std::size_t bytes(int room) {
        return static_cast<std::size_t>(room) * (sizeof(T) + sizeof(Id)) + sizeof(int);
    }

    __device__ void add(T x, Id at) const {
        const int slot = atomicAdd(count, 1);
        score[slot] = x;
        column[slot] = at;
    }
    /// Whether the entry at b comes before the entry at a in a ranking.
    __device__ bool wrong(int a, int b) const {
        return score[b] > score[a] || (score[b] == score[a] && column[b] < column[a]);
    }
    /// Sorts (bitonic) and keeps the best k. Called by all threads of the block together.
    __device__ void cut(int room, int k) const {
        const int thread = static_cast<int>(threadIdx.x), threads = static_cast<int>(blockDim.x);
        for (int j = *count + thread; j < room; j += threads) {
            score[j] = -infinity<T>;
            column[j] = 0x7FFFFFFF;
        }
        for (int size = 2; size <= room; size *= 2)
            for (int distance = size / 2; distance > 0; distance /= 2) {
                __syncthreads();
                for (int pair = thread; pair < room / 2; pair += threads) {
                    const int a = pair / distance * 2 * distance + pair % distance, b = a + distance;
                    const bool forwards = (a & size) == 0;
                    if (forwards ? !wrong(a, b) : !wrong(b, a)) continue;
                    const T x = score[a];
                    score[a] = score[b];
                    score[b] = x;
                    const Id c = column[a];
                    column[a] = column[b];
                    column[b] = c;
                }
            }
        __syncthreads();
        if (thread == 0 && *count > k) *count = k;
        __syncthreads();
    }
};

/// Adds a tile to the numbers of better and of equal columns; after the last tile writes the ranks.
template <class T>
struct CountBetter {
    View<T, space::Device> scores;
    Index first_row, first_column;
    ExcludedColumns<T> excluded;
    const Id* target;
    const T* own;  ///< the targets' scores, before exclusion
    Index *better, *equal;
    bool fresh, last;
    View<T, space::Device> places;

    template <class Row>
    __device__ void operator()(Index i, const Row& row) const {
        const Index from = first_row + i, n = scores.cols, before = fresh ? 0 : better[i],
                    before_equal = fresh ? 0 : equal[i];
        T* const line = scores.row(i);
        const T mine = excluded.has(from, target[from]) ? excluded.score : own[i];
        const ExcludedColumns<T> masked = excluded;
        const Index first = first_column;
        const Slice hidden = masked.within(from, first, n);
        row.each(hidden.end - hidden.begin,
                 [=](Index s) { line[masked.item[hidden.begin + s] - first] = masked.score; });
        const T more = row.sum(n, [=](Index j) { return line[j] <= mine ? T(0) : T(1); });
        const T same = row.sum(n, [=](Index j) { return line[j] == mine ? T(1) : T(0); });
        const CountBetter call = *this;
        row.each(1, [=](Index) {
            const Index above = before + static_cast<Index>(more),
                        ties = before_equal + static_cast<Index>(same);
            call.better[i] = above;
            call.equal[i] = ties;
            if (call.last)
                call.places.row(from)[0] =
                    static_cast<T>(1 + above) + static_cast<T>(ties > 1 ? ties - 1 : 0) / 2;
        });
    }
};

}  // namespace cuda

namespace kernel {

/// One block: one row's tile of scores.
template <class T>
__global__ void best(const cuda::BestCall<T> call) {
    const int thread = static_cast<int>(threadIdx.x), k = static_cast<int>(call.k);
    constexpr int threads = cuda::BestCall<T>::threads, slice = cuda::BestCall<T>::slice;
    const Index i = blockIdx.x, row = call.first_row + i, n = call.scores.cols;
    const cuda::BestList<T> list(call.room);
    T* const line = call.scores.row(i);
    Id* const best = call.best + row * call.k;
    T* const best_scores = call.best_scores.row(row);
    if (thread == 0) *list.count = 0;
    const cuda::Slice hidden = call.excluded.within(row, call.first_column, n);
    for (Index s = hidden.begin + thread; s < hidden.end; s += threads)
        line[call.excluded.item[s] - call.first_column] = call.excluded.score;
    __syncthreads();
    // Earlier tiles left their best in order. Equals in this tile have higher columns: they are not added.
    T bar = -cuda::infinity<T>;
    if (!call.fresh) {
        for (int j = thread; j < k; j += threads)
            if (best[j] >= 0) list.add(best_scores[j], best[j]);
        if (best[k - 1] >= 0) bar = best_scores[k - 1];
    }
    for (Index first = 0; first < n; first += slice) {
        for (Index j = first + thread; j < first + slice && j < n; j += threads)
            if (line[j] > bar) list.add(line[j], static_cast<Id>(call.first_column + j));
        __syncthreads();
        const bool full = *list.count > call.room - slice;
        // No thread may add before all threads have read the count.
        __syncthreads();
        if (!full) continue;
        list.cut(call.room, k);
        if (*list.count == k) bar = list.score[k - 1];
        __syncthreads();
    }
    __syncthreads();
    list.cut(call.room, k);
    for (int j = thread; j < k; j += threads) {
        const bool found = j < *list.count;
        best[j] = found ? list.column[j] : no_id;
        best_scores[j] = found ? list.score[j] : -cuda::infinity<T>;
    }
}

}  // namespace kernel

namespace cuda {

/// Calls f(first row, tile of scores to fill, first column, first tile, last tile) for all tiles.
template <class T, class F>
void for_rank_tiles(Device& device, View<const T, space::Device> h, View<const T, space::Device> columns,
                    View<const T, space::Device> bias, Index room, const F& f) {
    const RankTiles tiles(h.rows, columns.rows, room);
    const Scratch scratch(device);
    T* const z = scratch.take<T>(tiles.rows * tiles.columns);
    for (Index row = 0; row < h.rows; row += tiles.rows) {
        const Index rows = std::min(tiles.rows, h.rows - row);
        Index first = 0;
        do {
            const Index width = std::min(tiles.columns, columns.rows - first);
            const View<T, space::Device> tile{z, rows, width};
            scores(device, Scores<T>{h.rows_from(row, rows), columns, bias, first, nullptr, tile});
            f(row, tile, first, first == 0, first + width >= columns.rows);
            first += width;
        } while (first < columns.rows);
    }
}

/// See the primitive `top_k`. Scores are computed in the policy's scalars, whatever its math mode.
/// \param k  at most `BestCall::maximum`
template <class P>
void top_k(Device& device, CRows<P> h, CRows<P> columns, CRows<P> bias, const ExcludedItems<P>& excluded,
           Index k, MutableIds<P> best, Rows<P> best_scores, Index room = rank_room) {
    using T = typename P::Scalar;
    using Call = BestCall<T>;
    if (k > Call::maximum)
        throw Error("top_k", "so many best columns do not fit a GPU's shared memory: ask for fewer",
                    text_of("at most ", Index{Call::maximum}), text_of(k));
    if (k <= 0) return;
    int list = 512;
    while (list < k + Call::slice) list *= 2;
    for_rank_tiles<T>(
        device, h, columns, bias, room, [&](Index row, const Rows<P>& tile, Index first, bool fresh, bool) {
            launch(
                device.stream(), kernel::best<T>, dim3(static_cast<unsigned>(tile.rows)), dim3(Call::threads),
                BestList<T>::bytes(list),
                Call{tile, row, first, excluded_columns(excluded), k, list, fresh, best.data, best_scores});
        });
}

/// See the primitive `target_rank`. A NaN score counts as better than the target's; where the target's score
/// is NaN, every score does.
template <class P>
void target_rank(Device& device, CRows<P> h, CRows<P> columns, CRows<P> bias,
                 const ExcludedItems<P>& excluded, Ids<P> target, Rows<P> places, Index room = rank_room) {
    using T = typename P::Scalar;
    const Scratch scratch(device);
    const Index maximum = RankTiles(h.rows, columns.rows, room).rows;
    T* const own = scratch.take<T>(h.rows);
    Index* const better = scratch.take<Index>(maximum);
    Index* const equal = scratch.take<Index>(maximum);
    scores(device, Scores<T>{h, columns, bias, 0, target.data, {own, h.rows, 1}});
    for_rank_tiles<T>(device, h, columns, bias, room,
                      [&](Index row, const Rows<P>& tile, Index first, bool fresh, bool last) {
                          for_each_row<T>(
                              device, tile.rows, tile.cols,
                              CountBetter<T>{tile, row, first, excluded_columns(excluded), target.data,
                                             own + row, better, equal, fresh, last, places});
                      });
}

}  // namespace cuda

}  // namespace coco
