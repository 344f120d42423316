// SPDX-License-Identifier: Apache-2.0
/// \file
/// Sums and maxima over the threads of a warp or a block, returned to all of them. The order of additions
/// depends on the block's size alone.
#pragma once

#include <cuda_runtime.h>

#include <limits>

#include <coco/core/types.hpp>

namespace coco::cuda {

inline constexpr int warp_size = 32;
inline constexpr unsigned whole_warp = 0xFFFFFFFFu;

/// Constants, because device code may not call the functions of std::numeric_limits.
template <class T>
inline constexpr T infinity = std::numeric_limits<T>::infinity();
template <class T>
inline constexpr T lowest = std::numeric_limits<T>::lowest();

/// Operations that combine two values.
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

/// For all 32 threads of a warp together. Every thread gets a bit-identical result: each exchange is
/// symmetric.
template <class Join, class T>
__device__ T warp_join(T x) {
    for (int distance = warp_size / 2; distance > 0; distance /= 2)
        x = Join{}(x, __shfl_xor_sync(whole_warp, x, distance));
    return x;
}

/// For all threads of a block together (whole warps, along x).
/// \param room  shared memory, one T per warp, for this call alone; the next call may use it again
template <class Join, class T>
__device__ T block_join(T x, T* room) {
    x = warp_join<Join>(x);
    const int warps = static_cast<int>(blockDim.x) / warp_size, thread = static_cast<int>(threadIdx.x);
    if (warps == 1) return x;
    // Results of an earlier call may still be read.
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
