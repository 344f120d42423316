// SPDX-License-Identifier: Apache-2.0
/// \file
/// How kernels are started: on one stream, in order, counted. Also the shared memory of a block.
#pragma once

#include <cuda_runtime.h>

#include <cstddef>
#include <utility>

#include <coco/core/types.hpp>
#include <coco/cuda/error.cuh>
#include <coco/cuda/staging.cuh>

namespace coco::cuda {

/// The stream on which a device's work is queued.
struct Stream {
    cudaStream_t handle = nullptr;
    int device = 0;
    Index launches = 0;      ///< kernels and products started so far
    Index read_backs = 0;    ///< number of times the host waited for numbers
    bool recording = false;  ///< queued work is not executed: `Graph` stores it
    Staging staging;

    /// Throws `Error` while work is recorded.
    /// \param what  what a recording cannot do, in a few words
    void not_while_recording(const char* what) const {
        if (recording)
            throw Error("cuda: record",
                        text_of("recorded work cannot ", what, ": do so before it is recorded, ",
                                "and run the work once before, so that all memory is there"));
    }

    /// Call before anything is queued: sends pending uploads, and selects the device for the calling thread.
    void ready() {
        int current = 0;
        check(cudaGetDevice(&current), "ask for the device");
        if (current != device) check(cudaSetDevice(device), "select the device");
        staging.send(handle);
    }
};

/// Shared memory that a block may use without a special request.
inline constexpr std::size_t plain_shared_bytes = 48 << 10;

/// Starts `kernel<<<grid, block, shared_bytes>>>(arguments...)`. Nothing is started for an empty grid.
template <class... Parameters, class... Arguments>
void launch(Stream& stream, void (*kernel)(Parameters...), dim3 grid, dim3 block, std::size_t shared_bytes,
            Arguments&&... arguments) {
    if (grid.x == 0 || grid.y == 0 || grid.z == 0) return;
    stream.ready();
    if (shared_bytes > plain_shared_bytes)
        check(cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize,
                                   static_cast<int>(shared_bytes)),
              "give a kernel its shared memory");
    cudaLaunchConfig_t config{};
    config.gridDim = grid;
    config.blockDim = block;
    config.dynamicSmemBytes = shared_bytes;
    config.stream = stream.handle;
    check(cudaLaunchKernelEx(&config, kernel, std::forward<Arguments>(arguments)...), "start a kernel");
    ++stream.launches;
}

/// The block's shared memory, of the size passed to `launch`. Aligned to 16 bytes.
template <class T>
__device__ T* shared() {
#if defined(__CUDACC__)
    extern __shared__ __align__(16) unsigned char coco_shared[];
    return reinterpret_cast<T*>(coco_shared);
#else
    return static_cast<T*>(coco_emulated_shared());
#endif
}

}  // namespace coco::cuda
