// SPDX-License-Identifier: Apache-2.0
/// \file
/// Emulates copies and fills. Both ends must be, completely, in the memory that the direction names;
/// otherwise the call fails as on the device. Ordinary host memory is read during the call, pinned memory
/// when the copy is executed.
#pragma once

#include <cstring>
#include <memory>

#include <emulate/memory.hpp>
#include <emulate/stream.hpp>

enum cudaMemcpyKind {
    cudaMemcpyHostToHost = 0,
    cudaMemcpyHostToDevice = 1,
    cudaMemcpyDeviceToHost = 2,
    cudaMemcpyDeviceToDevice = 3,
    cudaMemcpyDefault = 4
};

namespace emulate {

/// Checks one end of a copy. `on_device` follows from the direction or, for cudaMemcpyDefault, from the
/// address.
inline cudaError_t check_end(const void* address, std::size_t bytes, bool on_device, const char* end) {
    const std::string name = std::string("the ") + end + " of a copy or fill ";
    const std::optional<Piece> piece = Memory::all().find(address);
    if (on_device) {
        if (!Memory::all().holds(address, bytes, cudaMemoryTypeDevice))
            return fail(cudaErrorInvalidValue, name + (piece && piece->type == cudaMemoryTypeDevice
                                                           ? "reaches past its allocation"
                                                           : "is not memory of the device"));
        return cudaSuccess;
    }
    if (!address) return fail(cudaErrorInvalidValue, name + "is a null pointer");
    if (piece && piece->type == cudaMemoryTypeDevice && address != piece->memory + piece->bytes)
        return fail(cudaErrorInvalidValue, name + "is memory of the device, not of the host");
    if (piece && piece->type == cudaMemoryTypeHost && address != piece->memory + piece->bytes &&
        !Memory::all().holds(address, bytes, cudaMemoryTypeHost))
        return fail(cudaErrorInvalidValue, name + "reaches past its pinned allocation");
    return cudaSuccess;
}
inline bool lies_on_device(const void* address) {
    const std::optional<Piece> piece = Memory::all().find(address);
    return piece && piece->type == cudaMemoryTypeDevice;
}
inline bool pinned(const void* address) {
    const std::optional<Piece> piece = Memory::all().find(address);
    return piece && piece->type == cudaMemoryTypeHost;
}

}  // namespace emulate

inline cudaError_t cudaMemcpyAsync(void* to, const void* from, std::size_t bytes, cudaMemcpyKind kind,
                                   cudaStream_t handle = nullptr) {
    CUstream_st* const stream = emulate::Streams::all().find(handle);
    if (!stream) return emulate::no_such_stream();
    if (bytes == 0) return cudaSuccess;
    if (kind < cudaMemcpyHostToHost || kind > cudaMemcpyDefault)
        return emulate::fail(cudaErrorInvalidMemcpyDirection, "no such direction of a copy");
    const bool asked = kind == cudaMemcpyDefault;
    const bool to_device = asked ? emulate::lies_on_device(to)
                                 : kind == cudaMemcpyHostToDevice || kind == cudaMemcpyDeviceToDevice;
    const bool from_device = asked ? emulate::lies_on_device(from)
                                   : kind == cudaMemcpyDeviceToHost || kind == cudaMemcpyDeviceToDevice;
    cudaError_t status = emulate::check_end(to, bytes, to_device, "target");
    if (status == cudaSuccess) status = emulate::check_end(from, bytes, from_device, "source");
    if (status != cudaSuccess) return status;
    const bool at_once = (!to_device && !emulate::pinned(to)) || (!from_device && !emulate::pinned(from));
    if (at_once && stream->capture)
        return emulate::not_while_capturing(*stream, "a copy of memory that is not pinned");
    if (!from_device && !emulate::pinned(from)) {
        const std::shared_ptr<char[]> kept(new char[bytes]);
        std::memcpy(kept.get(), from, bytes);
        status = emulate::submit(handle, [=] {
            std::memcpy(to, kept.get(), bytes);
            return cudaSuccess;
        });
    } else {
        status = emulate::submit(handle, [=] {
            std::memmove(to, from, bytes);
            return cudaSuccess;
        });
    }
    if (status == cudaSuccess && !to_device && at_once) status = cudaStreamSynchronize(handle);
    return status;
}
inline cudaError_t cudaMemcpy(void* to, const void* from, std::size_t bytes, cudaMemcpyKind kind) {
    return cudaMemcpyAsync(to, from, bytes, kind, nullptr);
}
inline cudaError_t cudaMemcpy2DAsync(void* to, std::size_t to_pitch, const void* from, std::size_t from_pitch,
                                     std::size_t width, std::size_t height, cudaMemcpyKind kind,
                                     cudaStream_t stream = nullptr) {
    if (width > to_pitch || width > from_pitch)
        return emulate::fail(cudaErrorInvalidValue, "a row is wider than its pitch");
    for (std::size_t i = 0; i < height; ++i) {
        const cudaError_t status =
            cudaMemcpyAsync(static_cast<char*>(to) + i * to_pitch,
                            static_cast<const char*>(from) + i * from_pitch, width, kind, stream);
        if (status != cudaSuccess) return status;
    }
    return cudaSuccess;
}

inline cudaError_t cudaMemsetAsync(void* to, int value, std::size_t bytes, cudaStream_t stream = nullptr) {
    if (bytes == 0) return cudaSuccess;
    const cudaError_t status = emulate::check_end(to, bytes, true, "target");
    if (status != cudaSuccess) return status;
    return emulate::submit(stream, [=] {
        std::memset(to, value, bytes);
        return cudaSuccess;
    });
}
inline cudaError_t cudaMemset(void* to, int value, std::size_t bytes) {
    return cudaMemsetAsync(to, value, bytes);
}
