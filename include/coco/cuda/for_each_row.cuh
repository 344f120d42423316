// SPDX-License-Identifier: Apache-2.0
/// \file
/// Row kernels on the device: eight threads, a warp or a block compute a row, depending on its width. What a
/// thread adds up and how threads combine their sums depends on the width alone.
#pragma once

#include <type_traits>

#include <coco/cuda/device.cuh>
#include <coco/cuda/memory.cuh>
#include <coco/cuda/together.cuh>

namespace coco {

namespace cuda {

/// The operations that a row kernel applies to its row, for one of the `threads` threads that compute it.
template <class T, int threads>
class Row {
public:
    /// \param room  shared memory, one T per warp; only where a block computes a row
    __device__ explicit Row(T* room) : room_(room) {}

    /// f(j) for j < n; the calls must not depend on each other.
    template <class F>
    __device__ void each(Index n, const F& f) const {
        wait();
        for (Index j = mine(); j < n; j += threads) f(j);
    }
    /// Sum of f(j), j < n.
    template <class F>
    __device__ T sum(Index n, const F& f) const {
        wait();
        T total = 0;
        for (Index j = mine(); j < n; j += threads) total += f(j);
        return join<Add>(total);
    }
    /// Largest f(j), j < n; n >= 1.
    template <class F>
    __device__ T max(Index n, const F& f) const {
        wait();
        T maximum = -infinity<T>;
        for (Index j = mine(); j < n; j += threads) maximum = Larger{}(maximum, f(j));
        return join<Larger>(maximum);
    }

private:
    __device__ static int mine() { return static_cast<int>(threadIdx.x) % threads; }
    /// The threads of this row as a mask within their warp.
    __device__ static unsigned mask() {
        if constexpr (threads >= warp_size) return whole_warp;
        return ((1u << (threads % warp_size)) - 1)
               << (static_cast<int>(threadIdx.x) % warp_size / threads * threads);
    }
    /// Waits for all threads of the row; afterwards what each has written is visible to all.
    __device__ static void wait() {
        if constexpr (threads > warp_size)
            __syncthreads();
        else
            __syncwarp(mask());
    }
    template <class Join>
    __device__ T join(T x) const {
        if constexpr (threads > warp_size) {
            return block_join<Join>(x, room_);
        } else {
            for (int distance = threads / 2; distance > 0; distance /= 2)
                x = Join{}(x, __shfl_xor_sync(mask(), x, distance));
            return x;
        }
    }

    T* room_;
};

}  // namespace cuda

namespace kernel {

/// kernel(i, row) for i < count, with blockDim.x / threads rows per block.
template <class T, int threads, class Kernel>
__global__ void for_each_row(Index count, const Kernel kernel) {
    const Index i = (static_cast<Index>(blockIdx.x) * blockDim.x + threadIdx.x) / threads;
    // The condition is equal for all threads of a row, so all of them are here.
    if (i < count) kernel(i, cuda::Row<T, threads>(cuda::shared<T>()));
}

}  // namespace kernel

namespace cuda {

/// Minimum widths for which a warp, or a block, computes a row.
inline constexpr Index warp_width = 48, block_width = 4096;

/// kernel(i, row) for i = 0 .. count-1.
/// \param width  approximate count of numbers that a row reads and writes
template <class T, class Kernel>
void for_each_row(Device& device, Index count, Index width, const Kernel& kernel) {
    static_assert(std::is_trivially_copyable_v<Kernel>);
    if (count <= 0) return;
    constexpr int few = 8;
    Stream& stream = device.stream();
    const dim3 block(block_threads);
    if (width >= block_width)
        launch(stream, kernel::for_each_row<T, block_threads, Kernel>, dim3(static_cast<unsigned>(count)),
               block, sizeof(T) * (block_threads / warp_size), count, kernel);
    else if (width >= warp_width)
        launch(stream, kernel::for_each_row<T, warp_size, Kernel>, blocks_for(count * warp_size), block, 0,
               count, kernel);
    else
        launch(stream, kernel::for_each_row<T, few, Kernel>, blocks_for(count * few), block, 0, count,
               kernel);
}

}  // namespace cuda

}  // namespace coco
