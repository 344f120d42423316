// SPDX-License-Identifier: Apache-2.0
/// \file
/// Emulates a kernel launch: sizes are checked against the device's limits, arguments are copied, blocks run
/// one after another. COCO_EMULATE_SEED=n (n > 0) shuffles the order of blocks and of threads, so that
/// results that depend on it differ. An error in a kernel is returned by the launch.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <mutex>
#include <numeric>
#include <random>
#include <tuple>
#include <vector>

#include <emulate/arguments.hpp>
#include <emulate/block.hpp>
#include <emulate/stream.hpp>

enum cudaFuncAttribute {
    cudaFuncAttributeMaxDynamicSharedMemorySize = 8,
    cudaFuncAttributePreferredSharedMemoryCarveout = 9
};
struct cudaFuncAttributes {
    int maxThreadsPerBlock, maxDynamicSharedSizeBytes, numRegs;
    std::size_t sharedSizeBytes, constSizeBytes, localSizeBytes;
};
struct cudaLaunchAttribute;
struct cudaLaunchConfig_t {
    dim3 gridDim, blockDim;
    std::size_t dynamicSmemBytes = 0;
    cudaStream_t stream = nullptr;
    cudaLaunchAttribute* attrs = nullptr;
    unsigned numAttrs = 0;
};

namespace emulate {

/// The kernels that may use more shared memory than the default, and how much.
class SharedLimits {
public:
    static SharedLimits& all() {
        static SharedLimits limits;
        return limits;
    }
    void set(const void* kernel, std::size_t bytes) {
        const std::lock_guard guard(mutex_);
        bytes_[kernel] = bytes;
    }
    std::size_t of(const void* kernel) {
        const std::lock_guard guard(mutex_);
        const auto at = bytes_.find(kernel);
        return at == bytes_.end() ? plain_shared_bytes : std::max(at->second, plain_shared_bytes);
    }

private:
    std::mutex mutex_;
    std::map<const void*, std::size_t> bytes_;
};

inline cudaError_t check_sizes(dim3 grid, dim3 block, std::size_t shared_bytes, const void* kernel) {
    const std::uint64_t threads = std::uint64_t{block.x} * block.y * block.z;
    if (threads == 0 || threads > 1024 || block.x > 1024 || block.y > 1024 || block.z > 64)
        return fail(cudaErrorInvalidConfiguration,
                    "a block of " + std::to_string(threads) +
                        " threads: there must be 1 to 1024, 64 at most along z");
    if (grid.x == 0 || grid.y == 0 || grid.z == 0 || grid.x > 2147483647u || grid.y > 65535 || grid.z > 65535)
        return fail(cudaErrorInvalidConfiguration,
                    "a grid must have a block, and at most 2^31 - 1 of them along x and 65535 along y and z");
    if (shared_bytes > SharedLimits::all().of(kernel))
        return fail(cudaErrorInvalidValue, std::to_string(shared_bytes) +
                                               " bytes of shared memory, but the kernel may have " +
                                               std::to_string(SharedLimits::all().of(kernel)) +
                                               ": ask for more with cudaFuncSetAttribute");
    return cudaSuccess;
}

/// 0 .. count - 1, shuffled if the environment gives a seed.
inline std::vector<unsigned> some_order(std::size_t count, std::size_t salt) {
    std::vector<unsigned> order(count);
    std::iota(order.begin(), order.end(), 0u);
    const std::size_t seed = setting("COCO_EMULATE_SEED", 0);
    if (seed > 0) std::shuffle(order.begin(), order.end(), std::mt19937_64(seed * 1000003 + salt));
    return order;
}

/// Runs all blocks of a grid, one at a time.
inline cudaError_t run_grid(dim3 grid, dim3 size, std::size_t shared_bytes,
                            const std::function<void()>& kernel) {
    const Unwatched own_accesses;
    std::list<Block> teams;
    for (std::size_t team = 0; team < (watched_for_races ? 2 : 1); ++team)
        teams.emplace_back(grid, size, shared_bytes, kernel, team);
    const std::vector<unsigned> threads = some_order(std::size_t{size.x} * size.y * size.z, 1);
    for (const unsigned b : some_order(std::size_t{grid.x} * grid.y * grid.z, 2)) {
        Block& block = teams.front();
        if (!block.run({b % grid.x, b / grid.x % grid.y, b / grid.x / grid.y}, threads))
            return fail(cudaErrorLaunchFailure, block.fault());
        teams.splice(teams.end(), teams, teams.begin());
    }
    return cudaSuccess;
}

}  // namespace emulate

template <class... Parameters, class... Arguments>
cudaError_t cudaLaunchKernelEx(const cudaLaunchConfig_t* config, void (*kernel)(Parameters...),
                               Arguments&&... given) {
    using namespace emulate;
    CUstream_st* const stream = Streams::all().find(config->stream);
    if (!stream) return no_such_stream();
    if (stream->device != current_device())
        return fail(cudaErrorInvalidResourceHandle,
                    "the stream belongs to device " + std::to_string(stream->device) +
                        ", but the thread works on device " + std::to_string(current_device()));
    if (config->numAttrs != 0) return fail(cudaErrorNotSupported, "attributes of a launch are not emulated");
    const cudaError_t status = check_sizes(config->gridDim, config->blockDim, config->dynamicSmemBytes,
                                           reinterpret_cast<const void*>(kernel));
    if (status != cudaSuccess) return status;
    const std::tuple<std::remove_cv_t<Parameters>...> arguments(std::forward<Arguments>(given)...);
    return submit(config->stream, [kernel, arguments, device = stream->device, grid = config->gridDim,
                                   block = config->blockDim, shared_bytes = config->dynamicSmemBytes] {
        return std::apply(
            [&](const auto&... argument) {
                int number = 0;
                cudaError_t found = cudaSuccess;
                static_cast<void>(
                    (((found = check_argument(argument, number++, device)) == cudaSuccess) && ... && true));
                if (found != cudaSuccess) return found;
                return run_grid(grid, block, shared_bytes, [&] { kernel(argument...); });
            },
            arguments);
    });
}

template <class Kernel>
cudaError_t cudaFuncSetAttribute(Kernel* kernel, cudaFuncAttribute attribute, int value) {
    if (attribute != cudaFuncAttributeMaxDynamicSharedMemorySize) return cudaSuccess;
    if (value < 0 || static_cast<std::size_t>(value) > emulate::max_shared_bytes)
        return emulate::fail(cudaErrorInvalidValue,
                             "a block may have at most " + std::to_string(emulate::max_shared_bytes) +
                                 " bytes of shared memory, asked were " + std::to_string(value));
    emulate::SharedLimits::all().set(reinterpret_cast<const void*>(kernel), static_cast<std::size_t>(value));
    return cudaSuccess;
}
template <class Kernel>
cudaError_t cudaFuncGetAttributes(cudaFuncAttributes* attributes, Kernel* kernel) {
    *attributes = {};
    attributes->maxThreadsPerBlock = 1024;
    attributes->maxDynamicSharedSizeBytes =
        static_cast<int>(emulate::SharedLimits::all().of(reinterpret_cast<const void*>(kernel)));
    return cudaSuccess;
}
/// Computed from threads and shared memory only: the emulator does not model registers.
template <class Kernel>
cudaError_t cudaOccupancyMaxActiveBlocksPerMultiprocessor(int* blocks, Kernel*, int threads,
                                                          std::size_t shared_bytes) {
    const std::size_t by_threads = 2048 / static_cast<std::size_t>(std::max(threads, 1));
    const std::size_t by_memory = (emulate::max_shared_bytes + 1024) / (shared_bytes + 1024);
    *blocks = static_cast<int>(std::min({by_threads, by_memory, std::size_t{32}}));
    return cudaSuccess;
}
