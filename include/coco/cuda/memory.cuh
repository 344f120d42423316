// SPDX-License-Identifier: Apache-2.0
/// \file
/// Copies between host and device. The upload of a span never waits; `download` and the upload from a pointer
/// do. Downloads are counted.
#pragma once

#include <cstdint>
#include <cstring>
#include <span>
#include <type_traits>

#include <coco/cuda/device.cuh>
#include <coco/store/view.hpp>

namespace coco {

namespace kernel {

/// x_i = value, sixteen bytes per thread where `Pack` holds several.
template <class T, class Pack>
__global__ void fill(T* x, Index packs, Index size, T value) {
    constexpr Index each = sizeof(Pack) / sizeof(T);
    const Index i = static_cast<Index>(blockIdx.x) * blockDim.x + threadIdx.x;
    if (i < packs) {
        Pack pack;
        for (Index k = 0; k < each; ++k) pack.at[k] = value;
        reinterpret_cast<Pack*>(x)[i] = pack;
    } else if (const Index j = packs * (each - 1) + i; j < size) {
        x[j] = value;
    }
}

}  // namespace kernel

namespace cuda {

/// Sixteen bytes of T, read and written at once.
template <class T>
struct alignas(16) Pack {
    T at[16 / sizeof(T)];
};

/// True where the address is aligned for packs.
template <class T>
bool packs_fit(const T* at) {
    return reinterpret_cast<std::uintptr_t>(at) % sizeof(Pack<T>) == 0;
}

/// Threads per block where a kernel has no reason for another number.
inline constexpr int block_threads = 256;

/// Blocks for this many threads.
inline dim3 blocks_for(Index threads, Index of = block_threads) {
    return dim3(static_cast<unsigned>((threads + of - 1) / of));
}

/// Copies host numbers to a list for all work queued from now on; the host numbers may change or be freed at
/// once.
template <class U>
void upload(Device& device, std::span<const U> numbers, List<U, space::Device> to) {
    device.stream().not_while_recording("upload numbers to the device");
    device.stream().staging.add(device.stream().handle, numbers.data(), numbers.size_bytes(),
                                reinterpret_cast<std::byte*>(to.data));
}

/// Waits for all queued work and copies a list to the host.
template <class U>
void download(Device& device, List<const U, space::Device> from, U* to) {
    if (from.size == 0) return;
    device.stream().not_while_recording("download numbers");
    device.stream().ready();
    check(cudaMemcpyAsync(to, from.data, static_cast<std::size_t>(from.size) * sizeof(U),
                          cudaMemcpyDeviceToHost, device.stream().handle),
          "download numbers from the device");
    device.wait();
    ++device.stream().read_backs;
}

/// Copies host numbers to a list and waits for the copy.
template <class U>
void upload(Device& device, const U* from, List<U, space::Device> to) {
    if (to.size == 0) return;
    device.stream().not_while_recording("upload numbers to the device");
    device.stream().ready();
    check(cudaMemcpyAsync(to.data, from, static_cast<std::size_t>(to.size) * sizeof(U),
                          cudaMemcpyHostToDevice, device.stream().handle),
          "upload numbers to the device");
    device.wait();
}

/// Sets every element of x to `value`.
template <class T>
void fill(Device& device, List<T, space::Device> x, T value) {
    if (x.size == 0) return;
    const T zero = 0;
    if (std::memcmp(&value, &zero, sizeof(T)) == 0) {
        device.stream().ready();
        check(
            cudaMemsetAsync(x.data, 0, static_cast<std::size_t>(x.size) * sizeof(T), device.stream().handle),
            "clear numbers");
        ++device.stream().launches;
        return;
    }
    constexpr Index each = sizeof(Pack<T>) / sizeof(T);
    const Index packs = packs_fit(x.data) ? x.size / each : 0;
    launch(device.stream(), kernel::fill<T, Pack<T>>, blocks_for(x.size - packs * (each - 1)),
           dim3(block_threads), 0, x.data, packs, x.size, value);
}

}  // namespace cuda

}  // namespace coco
