// SPDX-License-Identifier: Apache-2.0
/// \file
/// Host pages. Large blocks request huge pages:
/// the first access to 310 MB costs 1 s with 4 KiB pages and 30 ms with 2 MiB pages.
#pragma once

#include <sys/mman.h>

#include <cstdlib>
#include <cstring>
#include <new>

namespace coco::host {
inline namespace COCO_INSTRUCTION_SET {

/// `bytes` zeroed bytes, aligned to 64 (large blocks to 2 MiB). Throws std::bad_alloc.
inline void* allocate(std::size_t bytes) {
    constexpr std::size_t huge = std::size_t{2} << 20;
    const std::size_t alignment = bytes >= huge ? huge : 64;
    const std::size_t size = (bytes + alignment - 1) / alignment * alignment;
    void* memory = std::aligned_alloc(alignment, size);
    if (!memory) throw std::bad_alloc();
#if defined(MADV_HUGEPAGE)
    // Advice only: without huge pages the kernel uses ordinary ones.
    if (alignment == huge) ::madvise(memory, size, MADV_HUGEPAGE);
#endif
    std::memset(memory, 0, size);
    return memory;
}

inline void deallocate(void* memory) noexcept { std::free(memory); }

}  // namespace COCO_INSTRUCTION_SET
}  // namespace coco::host
