// SPDX-License-Identifier: Apache-2.0
/// \file
/// Host pages. Large blocks ask for huge pages: the first touch of 310 MB costs 1 s in 4 KiB pages and
/// 30 ms in 2 MiB ones.
#pragma once

#include <sys/mman.h>

#include <cstdlib>
#include <cstring>
#include <new>

namespace coco::host {

/// `bytes` zeroed bytes, aligned to 64 (large blocks to 2 MiB). Throws std::bad_alloc.
inline void* allocate(std::size_t bytes) {
    constexpr std::size_t huge = std::size_t{2} << 20;
    const std::size_t alignment = bytes >= huge ? huge : 64;
    const std::size_t size = (bytes + alignment - 1) / alignment * alignment;
    void* memory = std::aligned_alloc(alignment, size);
    if (!memory) throw std::bad_alloc();
#if defined(MADV_HUGEPAGE)
    // Advice only: where the kernel has no huge pages, ordinary ones serve.
    if (alignment == huge) ::madvise(memory, size, MADV_HUGEPAGE);
#endif
    std::memset(memory, 0, size);
    return memory;
}

inline void deallocate(void* memory) noexcept { std::free(memory); }

}  // namespace coco::host
