// SPDX-License-Identifier: Apache-2.0
/// \file
/// Counts the memory requests of the whole program: malloc and its relatives, and mmap, by any thread and any
/// library. Including this header is enough: its definitions precede the C library's in the executable. It
/// needs glibc and no sanitizer (sanitizers replace these functions themselves); elsewhere nothing is counted
/// and `counted` is false.
///
///     { const conformance::Allocations taken; step(); CHECK(taken.count() == 0); }
#pragma once

#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define COCO_COUNTS_ALLOCATIONS 0
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || !defined(__GLIBC__)
#define COCO_COUNTS_ALLOCATIONS 0
#endif
#if !defined(COCO_COUNTS_ALLOCATIONS)
#define COCO_COUNTS_ALLOCATIONS 1
#endif

namespace coco::conformance {

/// Counts the calls since its construction.
class Allocations {
public:
    /// False where nothing is counted; a test must then report that it is skipped.
    static constexpr bool counted = COCO_COUNTS_ALLOCATIONS == 1;

    std::int64_t count() const { return total().load() - start_; }

    static std::atomic<std::int64_t>& total() {
        static constinit std::atomic<std::int64_t> calls{0};
        return calls;
    }

private:
    std::int64_t start_ = total().load();
};

}  // namespace coco::conformance

#if COCO_COUNTS_ALLOCATIONS
extern "C" {
// glibc's names of its own implementations.
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void* __libc_memalign(std::size_t, std::size_t);

#define COCO_INTERPOSED __attribute__((weak, used))

COCO_INTERPOSED void* malloc(std::size_t size) noexcept {
    ++coco::conformance::Allocations::total();
    return __libc_malloc(size);
}
COCO_INTERPOSED void* calloc(std::size_t count, std::size_t size) noexcept {
    ++coco::conformance::Allocations::total();
    return __libc_calloc(count, size);
}
COCO_INTERPOSED void* realloc(void* memory, std::size_t size) noexcept {
    ++coco::conformance::Allocations::total();
    return __libc_realloc(memory, size);
}
COCO_INTERPOSED void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept {
    ++coco::conformance::Allocations::total();
    return __libc_memalign(alignment, size);
}
COCO_INTERPOSED void* memalign(std::size_t alignment, std::size_t size) noexcept {
    ++coco::conformance::Allocations::total();
    return __libc_memalign(alignment, size);
}
COCO_INTERPOSED int posix_memalign(void** memory, std::size_t alignment, std::size_t size) noexcept {
    ++coco::conformance::Allocations::total();
    *memory = __libc_memalign(alignment, size);
    return *memory ? 0 : ENOMEM;
}
COCO_INTERPOSED void* mmap(void* at, std::size_t size, int protection, int flags, int file,
                           off_t offset) noexcept {
    ++coco::conformance::Allocations::total();
    // syscall returns the address as an integer.
    return reinterpret_cast<void*>(::syscall(SYS_mmap, at, size, protection, flags, file, offset));
}

#undef COCO_INTERPOSED
}
#endif
