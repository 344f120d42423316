// SPDX-License-Identifier: Apache-2.0
/// \file
/// One GPU as the primitives use it: a stream, a cuBLAS handle on it, a pool of memory, and scratch memory
/// inside primitives. Everything is queued on the one stream, so freed memory may be reused at once.
#pragma once

#include <cublas_v2.h>
#include <cuda_runtime.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include <coco/cuda/error.cuh>
#include <coco/cuda/launch.cuh>

namespace coco::cuda {

/// Arguments of the constructor of a device.
struct DeviceOptions {
    int device = 0;                 ///< numbered as by `nvidia-smi -L`
    cudaStream_t stream = nullptr;  ///< of that device, destroyed by the caller; null: one of its own
};

/// Owned by a policy; the first argument of its primitives. Not for use by two threads at once: the policy
/// locks it.
class Device {
public:
    explicit Device(const DeviceOptions& options = {}) {
        stream_.device = options.device;
        try {
            begin(options);
        } catch (...) {
            end();
            throw;
        }
    }
    Device(const Device&) = delete;
    Device& operator=(const Device&) = delete;
    ~Device() { end(); }

    /// For `launch`.
    Stream& stream() { return stream_; }
    int id() const { return stream_.device; }

    /// The handle for one cuBLAS call, which is counted as a launch.
    cublasHandle_t blas() {
        stream_.ready();
        ++stream_.launches;
        return blas_;
    }

    /// Zeroed memory, aligned to 256 bytes.
    void* allocate(std::size_t bytes) {
        void* const memory = take(bytes);
        check(cudaMemsetAsync(memory, 0, bytes, stream_.handle), "clear memory");
        return memory;
    }
    /// Frees memory once all that is queued so far has run.
    void deallocate(void* memory) noexcept {
        try {
            // A pending upload to this memory must not arrive later.
            stream_.ready();
        } catch (const Error&) {
            // The pending numbers are lost together with their memory.
        }
        static_cast<void>(cudaFreeAsync(memory, stream_.handle));
    }
    /// Number of times memory was taken from the pool, for `allocate` and for scratch.
    Index allocations() const { return takings_; }

    /// Waits for all that was queued.
    void wait() {
        stream_.not_while_recording("wait for the device");
        check(cudaStreamSynchronize(stream_.handle), "wait for the device");
    }

private:
    friend class Scratch;
    struct Piece {
        std::byte* memory;
        std::size_t size;
    };

    void begin(const DeviceOptions& options) {
        check(cudaSetDevice(options.device), "select the device");
        if (options.stream) {
            int of = 0;
            check(cudaStreamGetDevice(options.stream, &of), "ask for the device of the stream given");
            require(of == options.device, "cuda: the stream given", "belongs to another device",
                    text_of("a stream of device ", options.device), text_of("one of device ", of));
            stream_.handle = options.stream;
        } else {
            check(cudaStreamCreateWithFlags(&stream_.handle, cudaStreamNonBlocking), "make a stream");
            own_stream_ = true;
        }
        cudaMemPoolProps properties{};
        properties.allocType = cudaMemAllocationTypePinned;
        properties.location.type = cudaMemLocationTypeDevice;
        properties.location.id = options.device;
        check(cudaMemPoolCreate(&pool_, &properties), "make a pool of memory");
        // Freed memory stays in the pool: taking it again costs nothing.
        std::uint64_t all = UINT64_MAX;
        check(cudaMemPoolSetAttribute(pool_, cudaMemPoolAttrReleaseThreshold, &all), "set up the pool");
        check(cublasCreate(&blas_), "make a handle");
        check(cublasSetStream(blas_, stream_.handle), "give the handle its stream");
        // A workspace of its own: results then do not depend on which other handles are active.
        blas_workspace_ = take(blas_workspace_bytes);
        check(cublasSetWorkspace(blas_, blas_workspace_, blas_workspace_bytes),
              "set the workspace of the handle");
    }
    void end() noexcept {
        static_cast<void>(cudaSetDevice(stream_.device));
        if (stream_.handle) static_cast<void>(cudaStreamSynchronize(stream_.handle));
        if (blas_) static_cast<void>(cublasDestroy(blas_));
        if (blas_workspace_) static_cast<void>(cudaFreeAsync(blas_workspace_, stream_.handle));
        for (const Piece& piece : pieces_) static_cast<void>(cudaFreeAsync(piece.memory, stream_.handle));
        if (stream_.handle) static_cast<void>(cudaStreamSynchronize(stream_.handle));
        if (pool_) static_cast<void>(cudaMemPoolDestroy(pool_));
        if (own_stream_) static_cast<void>(cudaStreamDestroy(stream_.handle));
    }
    void* take(std::size_t bytes) {
        stream_.not_while_recording("take memory");
        stream_.ready();
        void* memory = nullptr;
        check(cudaMallocFromPoolAsync(&memory, bytes, pool_, stream_.handle), "take memory");
        ++takings_;
        return memory;
    }

    static constexpr std::size_t blas_workspace_bytes = std::size_t{32} << 20;

    Stream stream_;
    bool own_stream_ = false;
    cudaMemPool_t pool_ = nullptr;
    cublasHandle_t blas_ = nullptr;
    void* blas_workspace_ = nullptr;
    Index takings_ = 0;
    std::vector<Piece> pieces_;
    std::size_t piece_ = 0, used_ = 0;
};

/// Memory inside a primitive, freed at the end of its scope; the next primitive may reuse it at once, since
/// it runs later on the same stream. Memory is not zeroed. It grows to the largest call and then takes
/// nothing more from the pool.
class Scratch {
public:
    explicit Scratch(Device& device) : device_(device), piece_(device.piece_), used_(device.used_) {}
    ~Scratch() {
        device_.piece_ = piece_;
        device_.used_ = used_;
    }
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;

    /// `count` elements, aligned to 256 bytes.
    template <class T>
    T* take(Index count) const {
        const std::size_t wanted = static_cast<std::size_t>(std::max<Index>(count, 1)) * sizeof(T);
        const std::size_t bytes = (wanted + 255) / 256 * 256;
        auto& pieces = device_.pieces_;
        while (device_.piece_ < pieces.size() && device_.used_ + bytes > pieces[device_.piece_].size) {
            ++device_.piece_;
            device_.used_ = 0;
        }
        if (device_.piece_ == pieces.size()) {
            const std::size_t size = std::max(bytes, std::size_t{4} << 20);
            pieces.reserve(pieces.size() + 1);
            pieces.push_back({static_cast<std::byte*>(device_.take(size)), size});
            device_.used_ = 0;
        }
        std::byte* const at = pieces[device_.piece_].memory + device_.used_;
        device_.used_ += bytes;
        return reinterpret_cast<T*>(at);
    }

private:
    Device& device_;
    std::size_t piece_, used_;
};

}  // namespace coco::cuda
