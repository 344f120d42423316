// SPDX-License-Identifier: Apache-2.0
/// \file
/// How query rows are distributed to warps, in attention and in the gradient of q: a window of rows with the
/// heads that read one key head, its tiles, and their data in shared memory.
#pragma once

#include <cuda_runtime.h>

#include <coco/cuda/attend_keys.cuh>
#include <coco/cuda/attend_tile.cuh>

namespace coco::cuda {

/// The query rows of a warp, and their heads: those of one key head, or a part of them.
struct QueryWindow {
    Index rows = 1;
    int heads = 1, parts = 1;

    /// \param maximum  rows of a tile
    static QueryWindow of(int group, int maximum) {
        const int heads = group < maximum ? group : maximum;
        return {maximum / heads, heads, (group + heads - 1) / heads};
    }
};

/// The rows of a tile in `attend` and in the gradient of q: query rows and heads of one segment. Stored in
/// shared memory.
template <int maximum>
struct QueryRows {
    Id *row, *head, *visible;  ///< row in q, its head, number of keys it attends to

    static constexpr std::size_t bytes = 3 * maximum * sizeof(Id);
    __device__ explicit QueryRows(WarpShared& room) {
        row = room.take<Id>(maximum);
        head = room.take<Id>(maximum);
        visible = room.take<Id>(maximum);
    }
    /// Sets rows first .. first + count/heads - 1 of a segment, `heads` heads from `head0` on.
    __device__ void set(const VisibleKeys& visible_keys, Index start, int first, int heads, int head0,
                        int count) const {
        const int r = static_cast<int>(threadIdx.x) % warp_size;
        __syncwarp();
        if (r < count) {
            row[r] = static_cast<Id>(start + first + r / heads);
            head[r] = static_cast<Id>(head0 + r % heads);
            visible[r] = visible_keys.visible(first + r / heads);
        }
        __syncwarp();
    }
};

/// The dropout of a tile of at most `maximum` rows and 32 keys from a multiple of eight on, in shared memory.
template <class T, int maximum>
struct TileDropout {
    std::uint32_t* word;  ///< 16 per row

    static constexpr std::size_t bytes = 16 * maximum * sizeof(std::uint32_t);
    __device__ explicit TileDropout(WarpShared& room) : word(room.take<std::uint32_t>(16 * maximum)) {}

    __device__ void draw(const AttentionCall<T>& call, const QueryRows<maximum>& rows, int count,
                         int first) const {
        if (!call.drops) return;
        __syncwarp();
        for (int t = static_cast<int>(threadIdx.x) % warp_size; t < 4 * count; t += warp_size) {
            const int r = t / 4;
            const Quad quad = call.key.bits(call.row_key[rows.row[r]],
                                            static_cast<Index>(rows.head[r]) * 512 + first / 8 + t % 4);
            for (int w = 0; w < 4; ++w) word[4 * t + w] = quad.word[w];
        }
        __syncwarp();
    }
    /// The dropout factor of the probability of row r and key `first + lane`.
    __device__ T factor(const AttentionCall<T>& call, int r) const {
        if (!call.drops) return 1;
        const int lane = static_cast<int>(threadIdx.x) % warp_size;
        const std::uint32_t bits = (word[16 * r + lane / 2] >> (16 * (lane % 2))) & 0xFFFFu;
        return bits >= call.threshold ? call.keep : T(0);
    }
};

/// The warp's shared memory for tiles of query rows.
template <class T, int width>
struct QueryShared {
    static constexpr int maximum = rows_for<T, width>(1);
    using Tile = cuda::Tile<T, width, maximum>;
    static constexpr std::size_t bytes =
        sizeof(T) * (Tile::rows_size + Tile::stage_size + Tile::weights_size) + Tile::Lines::bytes +
        QueryRows<maximum>::bytes + TileDropout<T, maximum>::bytes;

    T *q, *stage, *weights;
    typename Tile::Lines lines;
    QueryRows<maximum> rows;
    TileDropout<T, maximum> dropout;

    __device__ explicit QueryShared(WarpShared& room)
        : q(room.take<T>(Tile::rows_size)),
          stage(room.take<T>(Tile::stage_size)),
          weights(room.take<T>(Tile::weights_size)),
          lines(room),
          rows(room),
          dropout(room) {}
};

/// Calls f(sight, key head, count, room) for the tiles of one warp: those of one window of query rows and one
/// key head, one segment's part at a time, with their rows set in `room`.
template <class Room, class T, class F>
__device__ void for_query_tiles(const AttentionCall<T>& call, const QueryWindow& window, const F& f) {
    const Index warps = blockDim.x / warp_size,
                task = static_cast<Index>(blockIdx.x) * warps + threadIdx.x / warp_size;
    const int parts = call.kv_heads * window.parts, part = static_cast<int>(task % parts);
    const Index begin = task / parts * window.rows;
    if (begin >= call.query_rows) return;
    const int kv = part / window.parts, group = call.group(), skip = part % window.parts * window.heads,
              heads = window.heads < group - skip ? window.heads : group - skip;
    const Room room{WarpShared(Room::bytes)};
    for_parts(call.queries, begin, begin + window.rows, [&](Index s, int first, int last) {
        const VisibleKeys visible_keys(call, s);
        const int count = (last - first) * heads;
        room.rows.set(visible_keys, call.queries.begin(s), first, heads, kv * group + skip, count);
        f(visible_keys, kv, count, room);
    });
}

/// Blocks of `warps` warps, with one warp per query window, key head and part of its heads.
inline dim3 blocks_for_windows(Index rows, const QueryWindow& window, int kv_heads, int warps) {
    const Index tasks = (rows + window.rows - 1) / window.rows * kv_heads * window.parts;
    return dim3(static_cast<unsigned>((tasks + warps - 1) / warps));
}

}  // namespace coco::cuda
