// SPDX-License-Identifier: Apache-2.0
/// \file
/// The two tiles of attention's backward pass: query rows against their keys, for dq, and key rows against
/// the queries that attend to them, for dk and dv.
#pragma once

#include <coco/cuda/attend_queries.cuh>

namespace coco::cuda {

/// The results of forward, and what backward derives from them.
template <class T>
struct AttentionGradientInputs {
    View<const T, space::Device> out, statistics, dout;
    T* inner = nullptr;  ///< query_rows x heads: D
    T* own = nullptr;    ///< query_rows x heads: the gradient of the score with the row's own key; or null
};

/// The warp's shared memory for dq.
template <class T, int width>
struct AttendBackwardShared : QueryShared<T, width> {
    using Base = QueryShared<T, width>;
    static constexpr std::size_t bytes = Base::bytes + sizeof(T) * Base::Tile::rows_size;

    T* dout;

    __device__ explicit AttendBackwardShared(WarpShared room)
        : Base(room), dout(room.take<T>(Base::Tile::rows_size)) {}
};

/// dq of `count` tile rows of one segment.
template <class T, int width>
__device__ void attend_backward_rows(const AttentionCall<T>& call, const AttentionGradientInputs<T>& slopes,
                                     const VisibleKeys& visible_keys, int kv, int count,
                                     const AttendBackwardShared<T, width>& room, View<T, space::Device> dq) {
    using Room = AttendBackwardShared<T, width>;
    using Tile = typename Room::Tile;
    constexpr int maximum = Room::maximum, columns = Tile::columns;
    const int lane = Tile::lane(), head = call.head, at = kv * head;
    const bool own = !call.own_k.empty() && visible_keys.count() > 0;
    T slope[maximum][columns];
    COCO_UNROLL
    for (int r = 0; r < maximum; ++r) {
        COCO_UNROLL
        for (int c = 0; c < columns; ++c) slope[r][c] = 0;
        if (r >= count) {
            Tile::clear(room.q, r);
            Tile::clear(room.dout, r);
            continue;
        }
        const Index row = room.rows.row[r];
        const int h = room.rows.head[r];
        Tile::put(room.q, r, call.q.row(row) + h * head, head, call.scale);
        Tile::put(room.dout, r, slopes.dout.row(row) + h * head, head, T(1));
        if (!own) continue;
        const T* const key = call.own_k.row(row) + at;
        const T factor = slopes.own[row * call.heads + h];
        COCO_UNROLL
        for (int c = 0; c < columns; ++c)
            if (lane + warp_size * c < head) slope[r][c] = factor * key[lane + warp_size * c];
    }

    const int limit = room.rows.visible[count - 1];
    for (int first = 0; first < limit; first += warp_size) {
        const int key = first + lane;
        __syncwarp();
        room.lines.row[lane] = key < limit ? visible_keys.row(key) : no_id;
        room.lines.column[lane] = static_cast<Id>(at);
        T score[maximum] = {}, along[maximum] = {};
        Tile::add_scores(score, room.q, count, room.lines, call.k, head, room.stage);
        Tile::add_scores(along, room.dout, count, room.lines, call.v, head, room.stage);
        room.dropout.draw(call, room.rows, count, first);
        COCO_UNROLL
        for (int r = 0; r < maximum; ++r) {
            T weight = 0;
            if (r < count && key < room.rows.visible[r]) {
                const Index row = room.rows.row[r];
                const int h = room.rows.head[r];
                weight = math::exp(score[r] - slopes.statistics.row(row)[h]) *
                         (room.dropout.factor(call, r) * along[r] - slopes.inner[row * call.heads + h]);
            }
            room.weights[r * warp_size + lane] = weight;
        }
        __syncwarp();
        const int used = limit - first < warp_size ? limit - first : warp_size;
        Tile::add_lines(slope, room.weights, count, room.lines, used, call.k, head);
    }

    COCO_UNROLL
    for (int r = 0; r < maximum; ++r) {
        if (r >= count) break;
        T* const to = dq.row(room.rows.row[r]) + room.rows.head[r] * head;
        COCO_UNROLL
        for (int c = 0; c < columns; ++c)
            if (lane + warp_size * c < head) to[lane + warp_size * c] = call.scale * slope[r][c];
    }
}

/// A few key rows with one key head, and what the queries that attend to them add to dk and dv. Each thread
/// has one query row and head.
template <class T, int width>
class KeyTile {
public:
    static constexpr int maximum = rows_for<T, width>(2);
    using Tile = cuda::Tile<T, width, maximum>;
    static constexpr int columns = Tile::columns;

    struct Room {
        static constexpr int words = maximum <= 8 ? 8 : 12, word_stride = words + 1;
        static constexpr std::size_t bytes =
            sizeof(T) * (2 * Tile::rows_size + Tile::stage_size + 2 * Tile::weights_size) +
            Tile::Lines::bytes + sizeof(std::uint32_t) * warp_size * word_stride;

        T *k, *v, *stage, *kept, *slope;
        typename Tile::Lines lines;
        std::uint32_t* word;

        __device__ explicit Room(WarpShared room)
            : k(room.take<T>(Tile::rows_size)),
              v(room.take<T>(Tile::rows_size)),
              stage(room.take<T>(Tile::stage_size)),
              kept(room.take<T>(Tile::weights_size)),
              slope(room.take<T>(Tile::weights_size)),
              lines(room),
              word(room.take<std::uint32_t>(warp_size * word_stride)) {}
    };

    __device__ KeyTile(const AttentionCall<T>& call, const AttentionGradientInputs<T>& slopes,
                       const Room& room, int kv, int count, bool compute_dk, bool compute_dv)
        : call_(call),
          slopes_(slopes),
          room_(room),
          kv_(kv),
          count_(count),
          wants_k_(compute_dk),
          wants_v_(compute_dv) {
        COCO_UNROLL
        for (int r = 0; r < maximum; ++r) COCO_UNROLL
        for (int c = 0; c < columns; ++c) dk_[r][c] = dv_[r][c] = 0;
    }

    /// Loads the keys and values at rows first .. first + count - 1.
    __device__ void load(Index first) {
        const int head = call_.head;
        __syncwarp();
        for (int r = 0; r < maximum; ++r) {
            if (r < count_) {
                Tile::put(room_.k, r, call_.k.row(first + r) + kv_ * head, head, call_.scale);
                Tile::put(room_.v, r, call_.v.row(first + r) + kv_ * head, head, T(1));
            } else {
                Tile::clear(room_.k, r);
                Tile::clear(room_.v, r);
            }
        }
    }

    /// Adds the contributions of query rows start + from .. start + to - 1.
    /// \param index    index of the first key, as counted by dropout
    /// \param visible  number of keys that query i attends to, counted likewise
    template <class Visible>
    __device__ void add(int index, Index start, int from, int to, const Visible& visible) {
        const int lane = Tile::lane(), group = call_.group(), head = call_.head;
        for (int first = from * group; first < to * group; first += warp_size) {
            const int pair = first + lane, i = pair / group;
            const Index row = start + i;
            // A query that attends to none of these keys is not read: its row may be in a gap.
            const int seen = pair < to * group ? visible(i) - index : 0;
            const bool there = seen > 0;
            const int h = kv_ * group + pair % group;
            __syncwarp();
            room_.lines.row[lane] = there ? static_cast<Id>(row) : no_id;
            room_.lines.column[lane] = static_cast<Id>(h * head);
            T score[maximum] = {}, along[maximum] = {};
            Tile::add_scores(score, room_.k, count_, room_.lines, call_.q, head, room_.stage);
            Tile::add_scores(along, room_.v, count_, room_.lines, slopes_.dout, head, room_.stage);
            const T log_sum = there ? slopes_.statistics.row(row)[h] : T(0),
                    inner = there ? slopes_.inner[row * call_.heads + h] : T(0);
            if (there) draw(row, h, index);
            COCO_UNROLL
            for (int r = 0; r < maximum; ++r) {
                T kept = 0, slope = 0;
                if (r < count_ && r < seen) {
                    const T weight = math::exp(score[r] - log_sum), mask = factor(index, r);
                    kept = weight * mask;
                    slope = weight * (mask * along[r] - inner);
                }
                room_.kept[r * warp_size + lane] = kept;
                room_.slope[r * warp_size + lane] = slope;
            }
            __syncwarp();
            const int left = to * group - first, used = left < warp_size ? left : warp_size;
            if (wants_v_) Tile::add_lines(dv_, room_.kept, count_, room_.lines, used, slopes_.dout, head);
            if (wants_k_) Tile::add_lines(dk_, room_.slope, count_, room_.lines, used, call_.q, head);
        }
    }

    /// Writes the sums to rows `stride` apart; null: not computed.
    __device__ void store(T* dk, Index k_stride, T* dv, Index v_stride) const {
        COCO_UNROLL
        for (int r = 0; r < maximum; ++r) {
            if (r >= count_) break;
            COCO_UNROLL
            for (int c = 0; c < columns; ++c) {
                const int column = Tile::lane() + warp_size * c;
                if (column >= call_.head) continue;
                if (dk) dk[r * k_stride + column] = call_.scale * dk_[r][c];
                if (dv) dv[r * v_stride + column] = dv_[r][c];
            }
        }
    }

private:
    /// Draws the bits of this thread's query row and head, for all keys of the tile. No other thread reads
    /// them.
    __device__ void draw(Index row, int h, int index) const {
        if (!call_.drops) return;
        std::uint32_t* const to = room_.word + Tile::lane() * Room::word_stride;
        const int last = index + count_ - 1;
        for (int eighth = index / 8; eighth <= last / 8; ++eighth) {
            const Quad quad = call_.key.bits(call_.row_key[row], static_cast<Index>(h) * 512 + eighth);
            for (int w = 0; w < 4; ++w) to[4 * (eighth - index / 8) + w] = quad.word[w];
        }
    }
    __device__ T factor(int index, int r) const {
        if (!call_.drops) return 1;
        const int k = index % 8 + r;
        const std::uint32_t word = room_.word[Tile::lane() * Room::word_stride + k / 2];
        return ((word >> (16 * (k % 2))) & 0xFFFFu) >= call_.threshold ? call_.keep : T(0);
    }

    const AttentionCall<T>& call_;
    const AttentionGradientInputs<T>& slopes_;
    const Room& room_;
    int kv_, count_;
    bool wants_k_, wants_v_;
    T dk_[maximum][columns], dv_[maximum][columns];
};

}  // namespace coco::cuda
