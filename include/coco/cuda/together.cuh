// SPDX-License-Identifier: Apache-2.0
/// \file
/// Sums and maxima over the threads of a warp or a block, given to all of them. The order of additions
/// depends on the block's size alone.
#pragma once

#include <cuda_runtime.h>

#include <limits>

#include <coco/core/types.hpp>

namespace coco::cuda {

inline constexpr int warp_size = 32;
inline constexpr unsigned whole_warp = 0xFFFFFFFFu;

/// Numbers that device code may not ask the standard library for.
template <class T>
inline constexpr T infinity = std::numeric_limits<T>::infinity();
template <class T>
inline constexpr T lowest = std::numeric_limits<T>::lowest();

/// How two values become one.
struct Add {
    template <class T>
    __device__ T operator()(T a, T b) const {
        return a + b;
    }
};
struct Larger {
    template <class T>
    __device__ T operator()(T a, T b) const {
        return b > a ? b : a;
    }
};

/// All 32 threads of a warp together. Every thread gets the same bits: each exchange is symmetric.
template <class Join, class T>
__device__ T warp_join(T x) {
    for (int distance = warp_size / 2; distance > 0; distance /= 2)
        x = Join{}(x, __shfl_xor_sync(whole_warp, x, distance));
    return x;
}

/// All threads of a block together (whole warps, along x).
/// \param room  shared memory for one T a warp, this call's own; may be used again by the next call
template <class Join, class T>
__device__ T block_join(T x, T* room) {
    x = warp_join<Join>(x);
    const int warps = static_cast<int>(blockDim.x) / warp_size, thread = static_cast<int>(threadIdx.x);
    if (warps == 1) return x;
    // An earlier call's results may still be read.
    __syncthreads();
    if (thread % warp_size == 0) room[thread / warp_size] = x;
    __syncthreads();
    T all = room[0];
    for (int w = 1; w < warps; ++w) all = Join{}(all, room[w]);
    return all;
}

template <class T>
__device__ T warp_sum(T x) {
    return warp_join<Add>(x);
}
template <class T>
__device__ T warp_max(T x) {
    return warp_join<Larger>(x);
}
template <class T>
__device__ T block_sum(T x, T* room) {
    return block_join<Add>(x, room);
}
template <class T>
__device__ T block_max(T x, T* room) {
    return block_join<Larger>(x, room);
}

}  // namespace coco::cuda
