// SPDX-License-Identifier: Apache-2.0
/// \file
/// What the attention kernels share: the parameters of a call, the keys that a query row attends to, and the
/// bits of its dropout.
#pragma once

#include <cuda_runtime.h>

#include <coco/core/math.hpp>
#include <coco/cuda/together.cuh>
#include <coco/exec/primitives.hpp>

namespace coco::cuda {

/// Segments of packed rows, as passed to kernels.
struct Pieces {
    const Id* begins = nullptr;
    const Id* ends = nullptr;  ///< null: a segment ends where the next begins
    Index count = 0;

    __device__ Index begin(Index s) const { return begins[s]; }
    __device__ Index end(Index s) const { return ends ? ends[s] : begins[s + 1]; }
    __device__ Index length(Index s) const { return end(s) - begin(s); }
};

template <class P>
Pieces pieces(const Segments<P>& of) {
    return {of.offsets.data, of.ends.data, of.count()};
}

/// Parameters of a call of `attend` or `attend_backward`.
template <class T>
struct AttentionCall {
    using In = View<const T, space::Device>;

    Pieces queries, keys;
    Index query_rows = 0, prefix = 0;
    int heads = 1, kv_heads = 1, head = 1;
    bool causal = false, drops = false;
    T scale = 1;
    DropoutKey key;
    std::uint32_t threshold = 0;
    T keep = 1;
    const Id* row_key = nullptr;
    In q, k, v, own_k, own_v;

    __device__ int group() const { return heads / kv_heads; }
};

template <class P>
AttentionCall<typename P::Scalar> attention_call(const Attention<P>& shape, CRows<P> q, CRows<P> k,
                                                 CRows<P> v, CRows<P> own_k, CRows<P> own_v) {
    using T = typename P::Scalar;
    AttentionCall<T> call;
    call.queries = pieces(shape.queries);
    call.keys = pieces(shape.keys);
    call.query_rows = shape.queries.rows();
    call.prefix = shape.prefix;
    call.heads = static_cast<int>(shape.heads);
    call.kv_heads = static_cast<int>(shape.kv_heads);
    call.head = static_cast<int>(q.cols / shape.heads);
    call.causal = shape.causal;
    call.scale = shape.scale;
    call.drops = shape.dropout > 0;
    call.key = shape.key;
    call.threshold = DropoutKey::threshold(shape.dropout);
    call.keep = static_cast<T>(1 / (1 - shape.dropout));
    call.row_key = shape.row_key.data;
    call.q = q;
    call.k = k;
    call.v = v;
    call.own_k = own_k;
    call.own_v = own_v;
    return call;
}

/// The keys that the query rows of one segment attend to: rows 0 .. prefix-1 of the key matrix, then rows
/// begin .. begin+length-1.
struct VisibleKeys {
    int prefix = 0, begin = 0, length = 0, queries = 0;
    bool causal = false;

    template <class T>
    __device__ VisibleKeys(const AttentionCall<T>& call, Index s)
        : prefix(s == 0 ? 0 : static_cast<int>(call.prefix)),
          begin(static_cast<int>(call.keys.begin(s))),
          length(static_cast<int>(call.keys.length(s))),
          queries(static_cast<int>(call.queries.length(s))),
          causal(call.causal) {}

    __device__ int count() const { return prefix + length; }
    /// Number of keys that query i of the segment attends to: the first ones.
    __device__ int visible(int i) const {
        if (!causal) return count();
        const int own = length - queries + i + 1;
        return prefix + (own < 0 ? 0 : own > length ? length : own);
    }
    /// The row of the j-th of them in the key matrix.
    __device__ int row(int j) const { return j < prefix ? j : begin + j - prefix; }
};

/// How many of the ascending numbers at[0 .. count-1] are at most x. Called by a whole warp together, which
/// tests 32 candidates at once.
__device__ inline Index count_up_to(const Id* at, Index count, Index x) {
    const Index lane = static_cast<Index>(threadIdx.x) % warp_size;
    Index low = 0, high = count;
    while (low < high) {
        const Index step = (high - low + warp_size - 1) / warp_size, guess = low + (lane + 1) * step - 1;
        const unsigned reached = __ballot_sync(whole_warp, guess < high && at[guess] <= x);
        low += __popc(reached) * step;
        high = low + step - 1 < high ? low + step - 1 : high;
    }
    return low;
}

/// Calls f(segment, first, last) for the part of each segment that lies within rows begin .. end-1; first and
/// last count from the segment's first row. Called by a whole warp together.
template <class F>
__device__ void for_parts(const Pieces& of, Index begin, Index end, const F& f) {
    const Index found = count_up_to(of.begins, of.count + 1, begin) - 1;
    for (Index s = found < 0 ? 0 : found; s < of.count && of.begin(s) < end; ++s) {
        const Index start = of.begin(s), stop = of.end(s);
        const Index first = begin > start ? begin : start, last = end < stop ? end : stop;
        if (first < last) f(s, static_cast<int>(first - start), static_cast<int>(last - start));
    }
}

/// Whether a packed row belongs to a segment, and not to the gap after one.
__device__ inline bool belongs(const Pieces& of, Index row) {
    if (!of.ends) return true;
    Index low = 0, high = of.count;
    while (low < high) {
        const Index middle = (low + high) / 2;
        if (of.begin(middle) <= row)
            low = middle + 1;
        else
            high = middle;
    }
    return low > 0 && row < of.end(low - 1);
}

/// The sixteen bits of column k of eight. The words are selected, not indexed: they stay in registers.
__device__ inline std::uint32_t sixteen_bits(const Quad& quad, int k) {
    const std::uint32_t low = k < 2 ? quad.word[0] : quad.word[1], high = k < 6 ? quad.word[2] : quad.word[3];
    return ((k < 4 ? low : high) >> (16 * (k % 2))) & 0xFFFFu;
}

/// The dropout factor of the probability of key `index` in a query row and head: 0 or 1/(1-rate).
template <class T>
__device__ T dropout_factor(const AttentionCall<T>& call, Index row, int head, int index) {
    if (!call.drops) return 1;
    const Quad quad = call.key.bits(call.row_key[row], static_cast<Index>(head) * 512 + index / 8);
    return sixteen_bits(quad, index % 8) >= call.threshold ? call.keep : T(0);
}

}  // namespace coco::cuda
