// SPDX-License-Identifier: Apache-2.0
/// \file
/// Emulates devices with the limits of an H100. COCO_EMULATE_DEVICES is their number (default 2),
/// COCO_EMULATE_MEMORY the bytes of memory of each (default 4 GiB).
#pragma once

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <string>

#include <emulate/error.hpp>

#define CUDART_VERSION 13000

struct cudaDeviceProp {
    char name[256];
    std::size_t totalGlobalMem, sharedMemPerBlock, sharedMemPerBlockOptin, sharedMemPerMultiprocessor;
    int regsPerBlock, regsPerMultiprocessor, warpSize, maxThreadsPerBlock, maxThreadsDim[3], maxGridSize[3];
    int maxThreadsPerMultiProcessor, maxBlocksPerMultiProcessor, multiProcessorCount, l2CacheSize, major,
        minor;
    int memoryPoolsSupported, unifiedAddressing;
};
enum cudaDeviceAttr {
    cudaDevAttrMaxThreadsPerBlock = 1,
    cudaDevAttrMaxSharedMemoryPerBlock = 8,
    cudaDevAttrWarpSize = 10,
    cudaDevAttrMultiProcessorCount = 16,
    cudaDevAttrL2CacheSize = 38,
    cudaDevAttrMaxThreadsPerMultiProcessor = 39,
    cudaDevAttrComputeCapabilityMajor = 75,
    cudaDevAttrComputeCapabilityMinor = 76,
    cudaDevAttrMaxSharedMemoryPerBlockOptin = 97,
    cudaDevAttrMemoryPoolsSupported = 115
};

namespace emulate {

/// A number from an environment variable, or `otherwise` if it is not set.
inline std::size_t setting(const char* name, std::size_t otherwise) {
    const char* const text = std::getenv(name);
    return text && *text ? static_cast<std::size_t>(std::strtoull(text, nullptr, 10)) : otherwise;
}
inline int device_count() { return static_cast<int>(setting("COCO_EMULATE_DEVICES", 2)); }
inline std::size_t memory_of_a_device() { return setting("COCO_EMULATE_MEMORY", std::size_t{4} << 30); }

/// The current device of the calling thread.
inline int& current_device() {
    static thread_local int device = 0;
    return device;
}

inline constexpr std::size_t max_shared_bytes = 232448, plain_shared_bytes = 49152;

inline cudaError_t check_device(int device) {
    if (device_count() == 0) return fail(cudaErrorNoDevice, "there is no device");
    if (device < 0 || device >= device_count())
        return fail(cudaErrorInvalidDevice, "there is no device " + std::to_string(device));
    return cudaSuccess;
}

}  // namespace emulate

inline cudaError_t cudaGetDeviceCount(int* count) {
    *count = emulate::device_count();
    return *count == 0 ? emulate::fail(cudaErrorNoDevice, "there is no device") : cudaSuccess;
}
inline cudaError_t cudaSetDevice(int device) {
    const cudaError_t status = emulate::check_device(device);
    if (status == cudaSuccess) emulate::current_device() = device;
    return status;
}
inline cudaError_t cudaGetDevice(int* device) {
    *device = emulate::current_device();
    return cudaSuccess;
}

inline cudaError_t cudaGetDeviceProperties(cudaDeviceProp* properties, int device) {
    const cudaError_t status = emulate::check_device(device);
    if (status != cudaSuccess) return status;
    *properties = {};
    std::snprintf(properties->name, sizeof properties->name, "emulated device %d", device);
    properties->totalGlobalMem = emulate::memory_of_a_device();
    properties->sharedMemPerBlock = emulate::plain_shared_bytes;
    properties->sharedMemPerBlockOptin = emulate::max_shared_bytes;
    properties->sharedMemPerMultiprocessor = emulate::max_shared_bytes + 1024;
    properties->regsPerBlock = properties->regsPerMultiprocessor = 65536;
    properties->warpSize = 32;
    properties->maxThreadsPerBlock = properties->maxThreadsDim[0] = properties->maxThreadsDim[1] = 1024;
    properties->maxThreadsDim[2] = 64;
    properties->maxGridSize[0] = 2147483647;
    properties->maxGridSize[1] = properties->maxGridSize[2] = 65535;
    properties->maxThreadsPerMultiProcessor = 2048;
    properties->maxBlocksPerMultiProcessor = 32;
    properties->multiProcessorCount = 132;
    properties->l2CacheSize = 50 << 20;
    properties->major = 9;
    properties->memoryPoolsSupported = properties->unifiedAddressing = 1;
    return cudaSuccess;
}
inline cudaError_t cudaDeviceGetAttribute(int* value, cudaDeviceAttr attribute, int device) {
    cudaDeviceProp properties;
    const cudaError_t status = cudaGetDeviceProperties(&properties, device);
    if (status != cudaSuccess) return status;
    switch (attribute) {
        case cudaDevAttrMaxThreadsPerBlock:
            *value = properties.maxThreadsPerBlock;
            break;
        case cudaDevAttrMaxSharedMemoryPerBlock:
            *value = static_cast<int>(properties.sharedMemPerBlock);
            break;
        case cudaDevAttrWarpSize:
            *value = properties.warpSize;
            break;
        case cudaDevAttrMultiProcessorCount:
            *value = properties.multiProcessorCount;
            break;
        case cudaDevAttrL2CacheSize:
            *value = properties.l2CacheSize;
            break;
        case cudaDevAttrMaxThreadsPerMultiProcessor:
            *value = properties.maxThreadsPerMultiProcessor;
            break;
        case cudaDevAttrComputeCapabilityMajor:
            *value = properties.major;
            break;
        case cudaDevAttrComputeCapabilityMinor:
            *value = properties.minor;
            break;
        case cudaDevAttrMaxSharedMemoryPerBlockOptin:
            *value = static_cast<int>(properties.sharedMemPerBlockOptin);
            break;
        case cudaDevAttrMemoryPoolsSupported:
            *value = properties.memoryPoolsSupported;
            break;
        default:
            return emulate::fail(cudaErrorInvalidValue, "this attribute is not emulated");
    }
    return cudaSuccess;
}
inline cudaError_t cudaRuntimeGetVersion(int* version) {
    *version = CUDART_VERSION;
    return cudaSuccess;
}
inline cudaError_t cudaDriverGetVersion(int* version) { return cudaRuntimeGetVersion(version); }
