// SPDX-License-Identifier: Apache-2.0
/// \file
/// Attention over ragged segments, forward: a warp processes a few query rows, with all heads that read one
/// key head, against the keys that they attend to, 32 at a time. A later, larger score is accounted for by
/// one factor per row (Milakov and Gimelshein, 2018), so scores exist for one tile only.
#pragma once

#include <coco/cuda/attend_queries.cuh>
#include <coco/cuda/device.cuh>

namespace coco {

namespace cuda {

/// The warp's shared memory in `attend`.
template <class T, int width>
struct AttendShared : QueryShared<T, width> {
    using Base = QueryShared<T, width>;
    static constexpr std::size_t bytes = Base::bytes + sizeof(T) * Base::maximum;

    T* highest;

    __device__ explicit AttendShared(WarpShared room) : Base(room), highest(room.take<T>(Base::maximum)) {}
};

/// `count` tile rows, all of one segment, against all keys that they attend to.
template <class T, int width>
__device__ void attend_rows(const AttentionCall<T>& call, const VisibleKeys& visible_keys, int kv, int count,
                            const AttendShared<T, width>& room, View<T, space::Device> out,
                            View<T, space::Device> statistics) {
    using Room = AttendShared<T, width>;
    using Tile = typename Room::Tile;
    constexpr int maximum = Room::maximum, columns = Tile::columns;
    const int lane = Tile::lane(), head = call.head, at = kv * head;
    const bool own = !call.own_k.empty() && visible_keys.count() > 0;
    T sum[maximum], mixed[maximum][columns];
    COCO_UNROLL
    for (int r = 0; r < maximum; ++r) {
        sum[r] = 0;
        COCO_UNROLL
        for (int c = 0; c < columns; ++c) mixed[r][c] = 0;
        if (r >= count) {
            Tile::clear(room.q, r);
            continue;
        }
        const Index row = room.rows.row[r];
        const T* const query = call.q.row(row) + room.rows.head[r] * head;
        Tile::put(room.q, r, query, head, call.scale);
        if (lane == 0) room.highest[r] = lowest<T>;
        if (!own) continue;
        const T* const key = call.own_k.row(row) + at;
        const T* const value = call.own_v.row(row) + at;
        T score = 0;
        for (int c = lane; c < head; c += warp_size) score += call.scale * query[c] * key[c];
        score = warp_sum(score);
        if (lane == 0) room.highest[r] = score;
        sum[r] = lane == 0 ? T(1) : T(0);
        const T factor = dropout_factor(call, row, room.rows.head[r], visible_keys.count());
        COCO_UNROLL
        for (int c = 0; c < columns; ++c)
            mixed[r][c] = lane + warp_size * c < head ? factor * value[lane + warp_size * c] : T(0);
    }

    const int limit = room.rows.visible[count - 1];
    for (int first = 0; first < limit; first += warp_size) {
        const int key = first + lane;
        __syncwarp();
        room.lines.row[lane] = key < limit ? visible_keys.row(key) : no_id;
        room.lines.column[lane] = static_cast<Id>(at);
        T score[maximum] = {};
        Tile::add_scores(score, room.q, count, room.lines, call.k, head, room.stage);
        room.dropout.draw(call, room.rows, count, first);
        COCO_UNROLL
        for (int r = 0; r < maximum; ++r) {
            T weight = 0;
            if (r < count) {
                const T mine = key < room.rows.visible[r] ? score[r] : -infinity<T>;
                T top = room.highest[r];
                if (__ballot_sync(whole_warp, mine > top) != 0) {
                    const T now = warp_max(mine), shrink = math::exp(top - now);
                    top = now;
                    if (lane == 0) room.highest[r] = now;
                    sum[r] *= shrink;
                    COCO_UNROLL
                    for (int c = 0; c < columns; ++c) mixed[r][c] *= shrink;
                }
                weight = math::exp(mine - top);
                sum[r] += weight;
                weight *= room.dropout.factor(call, r);
            }
            room.weights[r * warp_size + lane] = weight;
        }
        __syncwarp();
        const int used = limit - first < warp_size ? limit - first : warp_size;
        Tile::add_lines(mixed, room.weights, count, room.lines, used, call.v, head);
    }

    __syncwarp();
    COCO_UNROLL
    for (int r = 0; r < maximum; ++r) {
        if (r >= count) break;
        const T total = warp_sum(sum[r]), share = total != 0 ? 1 / total : T(0);
        const Index row = room.rows.row[r];
        const int h = room.rows.head[r];
        COCO_UNROLL
        for (int c = 0; c < columns; ++c)
            if (lane + warp_size * c < head)
                out.row(row)[h * head + lane + warp_size * c] = share * mixed[r][c];
        if (lane == 0) statistics.row(row)[h] = total != 0 ? room.highest[r] + math::log(total) : T(0);
    }
}

}  // namespace cuda

namespace kernel {

/// One warp: one window of query rows, one key head, all or some of the heads that read it.
template <class T, int width>
__global__ void __launch_bounds__(4 * cuda::warp_size, sizeof(T) == 8 ? 1
                                                       : width <= 64  ? 4
                                                                      : 3)
    attend(const cuda::AttentionCall<T> call, const cuda::QueryWindow window,
           const View<T, space::Device> out, const View<T, space::Device> statistics) {
    using Room = cuda::AttendShared<T, width>;
    cuda::for_query_tiles<Room>(
        call, window, [&](const cuda::VisibleKeys& visible_keys, int kv, int count, const Room& room) {
            cuda::attend_rows<T, width>(call, visible_keys, kv, count, room, out, statistics);
        });
}

}  // namespace kernel

namespace cuda {

/// Calls f.template run<width>() for the smallest width that a head fits in.
template <class F>
void with_width(int head, const F& f) {
    if (head <= 32)
        f.template run<32>();
    else if (head <= 64)
        f.template run<64>();
    else if (head <= 128)
        f.template run<128>();
    else if (head <= max_head_width)
        f.template run<max_head_width>();
    else
        throw Error("cuda: attend", "heads are too wide for this device's kernels: take more, narrower heads",
                    text_of("at most ", max_head_width, " columns a head"), text_of(head));
}

template <class T>
struct LaunchAttend {
    Device& device;
    const AttentionCall<T>& call;
    View<T, space::Device> out, statistics;

    template <int width>
    void run() const {
        using Room = AttendShared<T, width>;
        constexpr int warps = warps_for(Room::bytes);
        const QueryWindow window = QueryWindow::of(call.heads / call.kv_heads, Room::maximum);
        launch(device.stream(), kernel::attend<T, width>,
               blocks_for_windows(call.query_rows, window, call.kv_heads, warps), dim3(warps * warp_size),
               warps * Room::bytes, call, window, out, statistics);
    }
};

/// See the primitive `attend`.
template <class P>
void attend(Device& device, const Attention<P>& shape, CRows<P> q, CRows<P> k, CRows<P> v, CRows<P> own_k,
            CRows<P> own_v, Rows<P> out, Rows<P> statistics) {
    using T = typename P::Scalar;
    const AttentionCall<T> call = attention_call<P>(shape, q, k, v, own_k, own_v);
    with_width(call.head, LaunchAttend<T>{device, call, out, statistics});
}

}  // namespace cuda

}  // namespace coco
