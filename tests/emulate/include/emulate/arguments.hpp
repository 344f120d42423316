// SPDX-License-Identifier: Apache-2.0
/// \file
/// Finds addresses that must not be passed to a kernel. Every aligned word of every argument is checked. A
/// word that points into memory of this process, but neither into device memory nor into pinned memory, is an
/// address of ordinary host memory or of freed memory. Only words from 0x500000000000 up are checked: there
/// Linux puts heap, stack and programs on 64-bit machines, and no size, index or pair of small numbers is
/// that large. Padding is cleared first; if the compiler cannot do that, arguments with padding are not
/// checked.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstring>
#include <type_traits>

#include <emulate/memory.hpp>

namespace emulate {

inline constexpr std::uintptr_t lowest_address = 0x500000000000, highest_address = 0xffffffffffff;

/// Whether an address is mapped in this process.
inline bool mapped(std::uintptr_t address) {
    const std::uintptr_t page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
    unsigned char there = 0;
    return ::mincore(reinterpret_cast<void*>(address / page * page), page, &there) == 0;
}

/// Fails if an argument contains an address that a kernel on `device` cannot access.
template <class T>
cudaError_t check_argument(const T& argument, int number, int device) {
    static_assert(std::is_trivially_copyable_v<T>, "a kernel's arguments are copied byte by byte");
    T copy = argument;
#if defined(__GNUC__) && !defined(__clang__)
    __builtin_clear_padding(&copy);
    const bool holds_addresses = true;
#else
    const bool holds_addresses = std::has_unique_object_representations_v<T>;
#endif
    if constexpr (sizeof(T) >= sizeof(std::uintptr_t)) {
        for (std::size_t at = 0; holds_addresses && at + sizeof(std::uintptr_t) <= sizeof(T);
             at += sizeof(std::uintptr_t)) {
            std::uintptr_t word = 0;
            std::memcpy(&word, reinterpret_cast<const char*>(&copy) + at, sizeof word);
            if (word < lowest_address || word > highest_address) continue;
            const std::optional<Piece> piece = Memory::all().find(reinterpret_cast<void*>(word));
            const std::string name =
                "argument " + std::to_string(number) + " of the kernel holds an address ";
            if (piece && piece->type == cudaMemoryTypeDevice && piece->device != device)
                return fail(cudaErrorIllegalAddress, name + "of device " + std::to_string(piece->device) +
                                                         ", but runs on device " + std::to_string(device));
            if (!piece && mapped(word))
                return fail(cudaErrorIllegalAddress,
                            name + "that is not the device's: it is the host's own, or was given back");
        }
    }
    return cudaSuccess;
}

}  // namespace emulate
