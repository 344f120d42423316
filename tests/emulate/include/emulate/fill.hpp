// SPDX-License-Identifier: Apache-2.0
/// \file
/// Emulates fresh device memory: aligned, of exactly the requested size, with unspecified contents. It reads
/// as NaN in every floating-point type and as a huge number in every integer type; valgrind and the memory
/// sanitizer treat it as uninitialised. The address sanitizer guards both ends.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>

#if __has_include(<valgrind/memcheck.h>)
#include <valgrind/memcheck.h>
#endif
#if defined(__has_feature)
#if __has_feature(memory_sanitizer)
#include <sanitizer/msan_interface.h>
#define COCO_EMULATE_MSAN
#endif
#endif

namespace emulate {

/// Makes `bytes` bytes at `at` fresh.
inline void make_fresh(void* at, std::size_t bytes) {
    // 0x7fff repeated: NaN as half, bfloat16, float and double, 2147450879 as int.
    constexpr std::uint64_t pattern = 0x7fff7fff7fff7fff;
    unsigned char* byte = static_cast<unsigned char*>(at);
    std::size_t left = bytes;
    for (; left >= sizeof pattern; left -= sizeof pattern, byte += sizeof pattern)
        std::memcpy(byte, &pattern, sizeof pattern);
    std::memcpy(byte, &pattern, left);
#if __has_include(<valgrind/memcheck.h>)
    static_cast<void>(VALGRIND_MAKE_MEM_UNDEFINED(at, bytes));
#endif
#if defined(COCO_EMULATE_MSAN)
    __msan_poison(at, bytes);
#endif
}

/// Fresh memory aligned to 256 bytes, or null if there is none. To be released by `std::free`.
inline void* fresh_memory(std::size_t bytes) {
    void* memory = nullptr;
    if (::posix_memalign(&memory, 256, bytes ? bytes : 1) != 0) return nullptr;
    make_fresh(memory, bytes);
    return memory;
}

/// The shared memory of a block.
class Shared {
public:
    explicit Shared(std::size_t bytes) : bytes_(bytes), memory_(fresh_memory(bytes)) {
        if (!memory_) throw std::bad_alloc();
    }
    Shared(const Shared&) = delete;
    Shared& operator=(const Shared&) = delete;
    ~Shared() { std::free(memory_); }

    void* data() const { return memory_; }
    void renew() { make_fresh(memory_, bytes_); }

private:
    std::size_t bytes_;
    void* memory_;
};

}  // namespace emulate
