// SPDX-License-Identifier: Apache-2.0
/// \file
/// Attention over ragged segments, backward. Probabilities are recomputed from the statistics; with P the
/// probabilities, Z the dropout mask and D = rowsum(dout * out):
///   dv = (P Z)' dout     dS = P (Z (dout v') - D)     dq = scale dS k     dk = scale dS' q
/// One pass over query rows for dq, one over key rows for dk and dv: one warp computes each sum, in order.
/// All segments attend to the keys of the prefix: slices of query rows compute their contributions, which are
/// then added in order.
#pragma once

#include <coco/cuda/attend.cuh>
#include <coco/cuda/attend_backward_keys.cuh>
#include <coco/cuda/for_each_row.cuh>
#include <coco/cuda/memory.cuh>

namespace coco {

namespace kernel {

/// D, and all gradients that concern a row's own key. One warp: one query row, one key head.
template <class T>
__global__ void attend_backward_rows(const cuda::AttentionCall<T> call,
                                     const cuda::AttentionGradientInputs<T> slopes,
                                     const View<T, space::Device> down_k,
                                     const View<T, space::Device> down_v) {
    const Index task = (static_cast<Index>(blockIdx.x) * blockDim.x + threadIdx.x) / cuda::warp_size,
                row = task / call.kv_heads;
    if (row >= call.query_rows) return;
    const int lane = static_cast<int>(threadIdx.x) % cuda::warp_size,
              kv = static_cast<int>(task % call.kv_heads), head = call.head, at = kv * head,
              group = call.group();
    int seen = 0;
    if (!call.own_k.empty()) {
        const Index s = cuda::count_up_to(call.queries.begins, call.queries.count + 1, row) - 1;
        if (s < 0 || s >= call.queries.count || row >= call.queries.end(s)) return;
        seen = cuda::VisibleKeys(call, s).count();
    }
    for (int h = kv * group; h < (kv + 1) * group; ++h) {
        const T* const gradient = slopes.dout.row(row) + h * head;
        const T* const mixed = slopes.out.row(row) + h * head;
        T inner = 0, score = 0, along = 0;
        for (int c = lane; c < head; c += cuda::warp_size) {
            inner += gradient[c] * mixed[c];
            if (seen == 0) continue;
            score += call.scale * call.q.row(row)[h * head + c] * call.own_k.row(row)[at + c];
            along += gradient[c] * call.own_v.row(row)[at + c];
        }
        inner = cuda::warp_sum(inner);
        if (lane == 0) slopes.inner[row * call.heads + h] = inner;
        if (call.own_k.empty()) continue;
        T own = 0, kept = 0;
        if (seen > 0) {
            const T mask = cuda::dropout_factor(call, row, h, seen),
                    weight = math::exp(cuda::warp_sum(score) - slopes.statistics.row(row)[h]);
            own = weight * (mask * cuda::warp_sum(along) - inner);
            kept = weight * mask;
        }
        if (lane == 0) slopes.own[row * call.heads + h] = own;
        // Added head by head to the values in memory: a thread accesses its own columns only.
        for (int c = lane; c < head; c += cuda::warp_size) {
            const bool fresh = h == kv * group;
            if (!down_k.empty()) {
                T* const to = down_k.row(row) + at + c;
                *to = (fresh ? T(0) : *to) + own * call.scale * call.q.row(row)[h * head + c];
            }
            if (!down_v.empty()) {
                T* const to = down_v.row(row) + at + c;
                *to = (fresh ? T(0) : *to) + kept * gradient[c];
            }
        }
    }
}

/// dq. Warps as in `attend`.
template <class T, int width>
__global__ void attend_backward_queries(const cuda::AttentionCall<T> call, const cuda::QueryWindow window,
                                        const cuda::AttentionGradientInputs<T> slopes,
                                        const View<T, space::Device> dq) {
    using Room = cuda::AttendBackwardShared<T, width>;
    cuda::for_query_tiles<Room>(
        call, window, [&](const cuda::VisibleKeys& visible_keys, int kv, int count, const Room& room) {
            cuda::attend_backward_rows<T, width>(call, slopes, visible_keys, kv, count, room, dq);
        });
}

/// dk and dv of all keys, from the queries of their own segments. One warp: one window of key rows, one key
/// head.
template <class T, int width>
__global__ void attend_backward_keys(const cuda::AttentionCall<T> call, const Index key_rows,
                                     const cuda::AttentionGradientInputs<T> slopes,
                                     const View<T, space::Device> dk, const View<T, space::Device> dv) {
    using Work = cuda::KeyTile<T, width>;
    const Index warps = blockDim.x / cuda::warp_size,
                task = static_cast<Index>(blockIdx.x) * warps + threadIdx.x / cuda::warp_size,
                begin = task / call.kv_heads * Work::maximum;
    if (begin >= key_rows) return;
    const int kv = static_cast<int>(task % call.kv_heads);
    const typename Work::Room room{cuda::WarpShared(Work::Room::bytes)};
    cuda::for_parts(call.keys, begin, begin + Work::maximum, [&](Index s, int first, int last) {
        const cuda::VisibleKeys visible_keys(call, s);
        Work work(call, slopes, room, kv, last - first, !dk.empty(), !dv.empty());
        work.load(visible_keys.begin + first);
        const int earliest = first - (visible_keys.length - visible_keys.queries),
                  from = visible_keys.causal && earliest > 0 ? earliest : 0;
        work.add(visible_keys.prefix + first, call.queries.begin(s), from, visible_keys.queries,
                 [&](int i) { return visible_keys.visible(i); });
        work.store(dk.empty() ? nullptr : dk.row(visible_keys.begin + first) + kv * call.head, dk.stride,
                   dv.empty() ? nullptr : dv.row(visible_keys.begin + first) + kv * call.head, dv.stride);
    });
}

/// The contribution of one slice of query rows to dk and dv of the prefix: `slices` x kv_heads x prefix x
/// head. One warp: some rows of the prefix, one key head, one slice.
template <class T, int width>
__global__ void attend_backward_prefix(const cuda::AttentionCall<T> call,
                                       const cuda::AttentionGradientInputs<T> slopes, const Index first_query,
                                       const Index slice, const Index slices, T* const prefix_k,
                                       T* const prefix_v) {
    using Work = cuda::KeyTile<T, width>;
    const Index warps = blockDim.x / cuda::warp_size,
                task = static_cast<Index>(blockIdx.x) * warps + threadIdx.x / cuda::warp_size,
                tiles = (call.prefix + Work::maximum - 1) / Work::maximum, tile = task % tiles,
                part = task / tiles;  // slice and key head
    if (part >= slices * call.kv_heads) return;
    const int kv = static_cast<int>(part % call.kv_heads), prefix = static_cast<int>(call.prefix),
              first = static_cast<int>(tile) * Work::maximum, left = prefix - first;
    const Index begin = first_query + part / call.kv_heads * slice, rest = call.query_rows - begin;
    const typename Work::Room room{cuda::WarpShared(Work::Room::bytes)};
    Work work(call, slopes, room, kv, left < Work::maximum ? left : Work::maximum, prefix_k != nullptr,
              prefix_v != nullptr);
    work.load(first);
    work.add(first, begin, 0, static_cast<int>(rest < slice ? rest : slice),
             [&](int i) { return cuda::belongs(call.queries, begin + i) ? prefix : 0; });
    const Index at = (part * call.prefix + first) * call.head;
    work.store(prefix_k ? prefix_k + at : nullptr, call.head, prefix_v ? prefix_v + at : nullptr, call.head);
}

}  // namespace kernel

namespace cuda {

/// to(j, c) += the contributions of all slices, in order.
template <class T>
struct AddShares {
    const T* share;
    View<T, space::Device> to;
    Index slices, prefix, head;

    template <class Row>
    __device__ void operator()(Index j, const Row& row) const {
        const AddShares mine = *this;
        row.each(to.cols, [mine, j](Index c) {
            const Index kv_heads = mine.to.cols / mine.head, kv = c / mine.head;
            T sum = 0;
            for (Index s = 0; s < mine.slices; ++s)
                sum += mine.share[((s * kv_heads + kv) * mine.prefix + j) * mine.head + c % mine.head];
            mine.to.row(j)[c] += sum;
        });
    }
};

/// Slices of query rows that contribute to the prefix in parallel: at least 256 rows each, and at most 64
/// slices, because their contributions are stored in memory.
struct Slices {
    Index rows, count;

    explicit Slices(Index all)
        : rows(std::max<Index>(256, (all + 63) / 64)), count((all + rows - 1) / rows) {}
};

template <class P>
struct LaunchAttendBackward {
    using T = typename P::Scalar;

    Device& device;
    const Attention<P>& shape;
    const AttentionCall<T>& call;
    const AttentionGradientInputs<T>& slopes;
    Rows<P> dq, dk, dv;

    template <int width>
    void run() const {
        if (!dq.empty()) queries<width>();
        if (dk.empty() && dv.empty()) return;
        using Work = KeyTile<T, width>;
        constexpr int warps = warps_for(Work::Room::bytes);
        const auto start = [&](auto* kernel, Index tasks, const auto&... arguments) {
            launch(device.stream(), kernel, dim3(static_cast<unsigned>((tasks + warps - 1) / warps)),
                   dim3(warps * warp_size), warps * Work::Room::bytes, call, arguments...);
        };
        const Index key_rows = shape.keys.rows(), windows = (key_rows + Work::maximum - 1) / Work::maximum;
        start(kernel::attend_backward_keys<T, width>, windows * call.kv_heads, key_rows, slopes, dk, dv);
        const Index first_query = shape.queries.count() > 1 ? shape.queries.begin(1) : call.query_rows,
                    tiles = (call.prefix + Work::maximum - 1) / Work::maximum;
        const Slices slices(call.query_rows - first_query);
        if (call.prefix == 0 || slices.count == 0) return;
        const Scratch scratch(device);
        const Index size = slices.count * call.kv_heads * call.prefix * call.head;
        T* const prefix_k = dk.empty() ? nullptr : scratch.take<T>(size);
        T* const prefix_v = dv.empty() ? nullptr : scratch.take<T>(size);
        start(kernel::attend_backward_prefix<T, width>, tiles * call.kv_heads * slices.count, slopes,
              first_query, slices.rows, slices.count, prefix_k, prefix_v);
        for (const auto& [share, to] : {std::pair{prefix_k, dk}, std::pair{prefix_v, dv}})
            if (share)
                for_each_row<T>(device, call.prefix, slices.count * to.cols,
                                AddShares<T>{share, to, slices.count, call.prefix, call.head});
    }

private:
    template <int width>
    void queries() const {
        using Room = AttendBackwardShared<T, width>;
        constexpr int warps = warps_for(Room::bytes);
        const QueryWindow window = QueryWindow::of(call.heads / call.kv_heads, Room::maximum);
        launch(device.stream(), kernel::attend_backward_queries<T, width>,
               blocks_for_windows(call.query_rows, window, call.kv_heads, warps), dim3(warps * warp_size),
               warps * Room::bytes, call, window, slopes, dq);
    }
};

/// See the primitive `attend_backward`.
template <class P>
void attend_backward(Device& device, const Attention<P>& shape, CRows<P> q, CRows<P> k, CRows<P> v,
                     CRows<P> own_k, CRows<P> own_v, CRows<P> out, CRows<P> statistics, CRows<P> dout,
                     Rows<P> dq, Rows<P> dk, Rows<P> dv, Rows<P> down_k, Rows<P> down_v) {
    using T = typename P::Scalar;
    const AttentionCall<T> call = attention_call<P>(shape, q, k, v, own_k, own_v);
    const Scratch scratch(device);
    const Index heads = call.query_rows * call.heads;
    const AttentionGradientInputs<T> slopes{out, statistics, dout, scratch.take<T>(heads),
                                            own_k.empty() ? nullptr : scratch.take<T>(heads)};
    launch(device.stream(), kernel::attend_backward_rows<T>,
           blocks_for(call.query_rows * call.kv_heads * warp_size), dim3(block_threads), 0, call, slopes,
           down_k, down_v);
    with_width(call.head, LaunchAttendBackward<P>{device, shape, call, slopes, dq, dk, dv});
}

}  // namespace cuda

}  // namespace coco
