// SPDX-License-Identifier: Apache-2.0
/// \file
/// Emulates device memory by host memory, and registers all allocations: whether an address is in memory of a
/// device or in pinned memory; all others are ordinary host memory. Addresses that are passed to calls and
/// kernels are checked against this register.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <map>
#include <mutex>
#include <optional>

#include <emulate/device.hpp>
#include <emulate/error.hpp>
#include <emulate/fill.hpp>

enum cudaMemoryType {
    cudaMemoryTypeUnregistered = 0,
    cudaMemoryTypeHost = 1,
    cudaMemoryTypeDevice = 2,
    cudaMemoryTypeManaged = 3
};
struct cudaPointerAttributes {
    cudaMemoryType type;
    int device;
    void* devicePointer;
    void* hostPointer;
};

namespace emulate {

/// One allocation.
struct Piece {
    char* memory = nullptr;
    std::size_t bytes = 0;
    cudaMemoryType type = cudaMemoryTypeUnregistered;
    int device = 0;
};

/// All allocations of the program.
class Memory {
public:
    static Memory& all() {
        static Memory register_of_all;
        return register_of_all;
    }

    cudaError_t take(void** to, std::size_t bytes, cudaMemoryType type) {
        if (!to) return fail(cudaErrorInvalidValue, "there is no place to put the address of the memory in");
        *to = nullptr;
        if (bytes == 0) return cudaSuccess;
        const std::lock_guard guard(mutex_);
        const bool on_device = type == cudaMemoryTypeDevice;
        if (on_device && taken_[current_device()] + bytes > memory_of_a_device())
            return fail(cudaErrorMemoryAllocation,
                        std::to_string(bytes) + " bytes do not fit: the device has " +
                            std::to_string(memory_of_a_device()) + ", of which " +
                            std::to_string(taken_[current_device()]) + " are taken");
        void* const memory = fresh_memory(bytes);
        if (!memory)
            return fail(cudaErrorMemoryAllocation, std::to_string(bytes) + " bytes do not fit into the host");
        if (on_device) taken_[current_device()] += bytes;
        pieces_[static_cast<char*>(memory)] = {static_cast<char*>(memory), bytes, type, current_device()};
        *to = memory;
        return cudaSuccess;
    }
    cudaError_t give_back(void* memory, cudaMemoryType type) {
        if (!memory) return cudaSuccess;
        const std::lock_guard guard(mutex_);
        const auto at = pieces_.find(static_cast<char*>(memory));
        if (at == pieces_.end() || at->second.type != type)
            return fail(cudaErrorInvalidValue,
                        "what is given back was not taken in this way, or was given back before");
        if (type == cudaMemoryTypeDevice) taken_[at->second.device] -= at->second.bytes;
        pieces_.erase(at);
        std::free(memory);
        return cudaSuccess;
    }
    /// The allocation that contains an address; the address one past its end is included.
    std::optional<Piece> find(const void* address) {
        const std::lock_guard guard(mutex_);
        char* const wanted = static_cast<char*>(const_cast<void*>(address));
        auto after = pieces_.upper_bound(wanted);
        if (after == pieces_.begin()) return std::nullopt;
        const Piece& piece = std::prev(after)->second;
        if (wanted > piece.memory + piece.bytes) return std::nullopt;
        return piece;
    }
    /// Whether `bytes` bytes at an address lie in one allocation of this type.
    bool holds(const void* address, std::size_t bytes, cudaMemoryType type) {
        const std::optional<Piece> piece = find(address);
        return piece && piece->type == type &&
               static_cast<const char*>(address) + bytes <= piece->memory + piece->bytes;
    }
    std::size_t taken(int device) {
        const std::lock_guard guard(mutex_);
        return taken_[device];
    }

private:
    std::mutex mutex_;
    std::map<char*, Piece> pieces_;
    std::map<int, std::size_t> taken_;
};

}  // namespace emulate

inline cudaError_t cudaMemGetInfo(std::size_t* free, std::size_t* total) {
    *total = emulate::memory_of_a_device();
    *free = *total - emulate::Memory::all().taken(emulate::current_device());
    return cudaSuccess;
}

inline cudaError_t cudaPointerGetAttributes(cudaPointerAttributes* attributes, const void* address) {
    const std::optional<emulate::Piece> piece = emulate::Memory::all().find(address);
    void* const plain = const_cast<void*>(address);
    if (piece && piece->type == cudaMemoryTypeDevice) {
        *attributes = {piece->type, piece->device, plain, nullptr};
    } else if (piece) {
        *attributes = {piece->type, piece->device, plain, plain};
    } else {
        *attributes = {cudaMemoryTypeUnregistered, -2, nullptr, plain};
    }
    return cudaSuccess;
}
