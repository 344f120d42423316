// SPDX-License-Identifier: Apache-2.0
/// \file
/// Emulates allocation and deallocation: immediate or stream-ordered, from pools, and of pinned host memory.
/// Memory is freed when it is deallocated, so that the address sanitizer detects later use; a pool caches
/// nothing.
#pragma once

#include <cstdint>

#include <emulate/memory.hpp>
#include <emulate/stream.hpp>

enum cudaMemAllocationType { cudaMemAllocationTypeInvalid = 0, cudaMemAllocationTypePinned = 1 };
enum cudaMemAllocationHandleType { cudaMemHandleTypeNone = 0 };
enum cudaMemLocationType { cudaMemLocationTypeInvalid = 0, cudaMemLocationTypeDevice = 1 };
struct cudaMemLocation {
    cudaMemLocationType type;
    int id;
};
struct cudaMemPoolProps {
    cudaMemAllocationType allocType;
    cudaMemAllocationHandleType handleTypes;
    cudaMemLocation location;
    void* win32SecurityAttributes;
    std::size_t maxSize;
    unsigned short usage;
};
enum cudaMemPoolAttr {
    cudaMemPoolReuseFollowEventDependencies = 1,
    cudaMemPoolReuseAllowOpportunistic = 2,
    cudaMemPoolReuseAllowInternalDependencies = 3,
    cudaMemPoolAttrReleaseThreshold = 4,
    cudaMemPoolAttrReservedMemCurrent = 5,
    cudaMemPoolAttrReservedMemHigh = 6,
    cudaMemPoolAttrUsedMemCurrent = 7,
    cudaMemPoolAttrUsedMemHigh = 8
};
struct CUmemPoolHandle_st {
    int device = 0;
    std::uint64_t threshold = 0;
};
using cudaMemPool_t = CUmemPoolHandle_st*;

#define cudaHostAllocDefault 0x00u
#define cudaHostAllocPortable 0x01u
#define cudaHostAllocMapped 0x02u
#define cudaHostAllocWriteCombined 0x04u

inline cudaError_t cudaMalloc(void** memory, std::size_t bytes) {
    const cudaError_t status = emulate::check_device(emulate::current_device());
    return status == cudaSuccess ? emulate::Memory::all().take(memory, bytes, cudaMemoryTypeDevice) : status;
}
template <class T>
cudaError_t cudaMalloc(T** memory, std::size_t bytes) {
    return cudaMalloc(reinterpret_cast<void**>(memory), bytes);
}
inline cudaError_t cudaFree(void* memory) {
    const cudaError_t status = emulate::drain_device(emulate::current_device(), false);
    const cudaError_t freed = emulate::Memory::all().give_back(memory, cudaMemoryTypeDevice);
    return status == cudaSuccess ? freed : status;
}

/// Stricter than the device: allocation in a graph is an error.
inline cudaError_t cudaMallocAsync(void** memory, std::size_t bytes, cudaStream_t handle) {
    CUstream_st* const stream = emulate::Streams::all().find(handle);
    if (!stream) return emulate::no_such_stream();
    if (stream->capture) return emulate::not_while_capturing(*stream, "taking memory");
    return emulate::Memory::all().take(memory, bytes, cudaMemoryTypeDevice);
}
template <class T>
cudaError_t cudaMallocAsync(T** memory, std::size_t bytes, cudaStream_t stream) {
    return cudaMallocAsync(reinterpret_cast<void**>(memory), bytes, stream);
}
inline cudaError_t cudaMallocFromPoolAsync(void** memory, std::size_t bytes, cudaMemPool_t pool,
                                           cudaStream_t stream) {
    if (!pool) return emulate::fail(cudaErrorInvalidValue, "there is no pool");
    return cudaMallocAsync(memory, bytes, stream);
}
template <class T>
cudaError_t cudaMallocFromPoolAsync(T** memory, std::size_t bytes, cudaMemPool_t pool, cudaStream_t stream) {
    return cudaMallocFromPoolAsync(reinterpret_cast<void**>(memory), bytes, pool, stream);
}
inline cudaError_t cudaFreeAsync(void* memory, cudaStream_t handle) {
    CUstream_st* const stream = emulate::Streams::all().find(handle);
    if (!stream) return emulate::no_such_stream();
    if (stream->capture) return emulate::not_while_capturing(*stream, "giving memory back");
    return emulate::submit(
        handle, [memory] { return emulate::Memory::all().give_back(memory, cudaMemoryTypeDevice); });
}

inline cudaError_t cudaMallocHost(void** memory, std::size_t bytes, unsigned = cudaHostAllocDefault) {
    return emulate::Memory::all().take(memory, bytes, cudaMemoryTypeHost);
}
template <class T>
cudaError_t cudaMallocHost(T** memory, std::size_t bytes, unsigned flags = cudaHostAllocDefault) {
    return cudaMallocHost(reinterpret_cast<void**>(memory), bytes, flags);
}
template <class T>
cudaError_t cudaHostAlloc(T** memory, std::size_t bytes, unsigned flags) {
    return cudaMallocHost(memory, bytes, flags);
}
inline cudaError_t cudaFreeHost(void* memory) {
    const cudaError_t status = emulate::drain_device(emulate::current_device(), false);
    const cudaError_t freed = emulate::Memory::all().give_back(memory, cudaMemoryTypeHost);
    return status == cudaSuccess ? freed : status;
}

inline cudaError_t cudaMemPoolCreate(cudaMemPool_t* pool, const cudaMemPoolProps* properties) {
    if (properties->location.type != cudaMemLocationTypeDevice ||
        properties->allocType != cudaMemAllocationTypePinned)
        return emulate::fail(cudaErrorInvalidValue, "a pool holds pinned memory of a device");
    const cudaError_t status = emulate::check_device(properties->location.id);
    if (status == cudaSuccess) *pool = new CUmemPoolHandle_st{properties->location.id, 0};
    return status;
}
inline cudaError_t cudaMemPoolDestroy(cudaMemPool_t pool) {
    delete pool;
    return cudaSuccess;
}
inline cudaError_t cudaDeviceGetDefaultMemPool(cudaMemPool_t* pool, int device) {
    static CUmemPoolHandle_st pools[16];
    const cudaError_t status = emulate::check_device(device);
    if (status == cudaSuccess) *pool = &pools[device % 16];
    return status;
}
inline cudaError_t cudaDeviceGetMemPool(cudaMemPool_t* pool, int device) {
    return cudaDeviceGetDefaultMemPool(pool, device);
}
inline cudaError_t cudaMemPoolSetAttribute(cudaMemPool_t pool, cudaMemPoolAttr attribute, void* value) {
    if (attribute == cudaMemPoolAttrReleaseThreshold) pool->threshold = *static_cast<std::uint64_t*>(value);
    return cudaSuccess;
}
inline cudaError_t cudaMemPoolGetAttribute(cudaMemPool_t pool, cudaMemPoolAttr attribute, void* value) {
    if (attribute == cudaMemPoolAttrReleaseThreshold) {
        *static_cast<std::uint64_t*>(value) = pool->threshold;
    } else if (attribute == cudaMemPoolAttrUsedMemCurrent || attribute == cudaMemPoolAttrReservedMemCurrent) {
        *static_cast<std::uint64_t*>(value) = emulate::Memory::all().taken(pool->device);
    } else {
        return emulate::fail(cudaErrorNotSupported, "this attribute of a pool is not emulated");
    }
    return cudaSuccess;
}
inline cudaError_t cudaMemPoolTrimTo(cudaMemPool_t, std::size_t) { return cudaSuccess; }
