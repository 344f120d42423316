// SPDX-License-Identifier: Apache-2.0
/// \file
/// Emulates barriers, shuffles and votes. Shuffles move values of at most 8 bytes; reading a lane that does
/// not take part is undefined on the device and an error here.
#pragma once

#include <cstring>
#include <type_traits>

#include <emulate/block.hpp>

namespace emulate {

/// \param from  returns the lane to read; if it is negative the value does not change
template <class T, class From>
T exchange(const Site& site, unsigned mask, T value, int width, const From& from) {
    static_assert(std::is_trivially_copyable_v<T> && sizeof(T) <= sizeof(std::uint64_t));
    const Unwatched own_accesses;
    Block& block = *Block::current();
    if (width < 1 || width > 32 || (width & (width - 1)) != 0) {
        block.tell(site.text() + ": the width is no power of two up to 32");
        block.stop();
    }
    std::uint64_t bits = 0;
    std::memcpy(&bits, &value, sizeof value);
    const Brought& all = block.meet(site, mask, bits);
    const int lane = static_cast<int>(block.lane()), first = lane / width * width, source = from(lane, first);
    if (source < 0) return value;
    if (source > 31 || !(all.from >> source & 1u)) {
        block.tell(site.text() + ": reads lane " + std::to_string(source) + ", which is not there");
        block.stop();
    }
    std::memcpy(&value, &all.lane[static_cast<std::size_t>(source)], sizeof value);
    return value;
}

/// The lanes whose predicate holds.
inline unsigned vote(const Site& site, unsigned mask, bool holds) {
    const Unwatched own_accesses;
    const Brought& all = Block::current()->meet(site, mask, holds);
    unsigned lanes = 0;
    for (unsigned i = 0; i < 32; ++i)
        if (all.from >> i & 1u && all.lane[i] != 0) lanes |= 1u << i;
    return lanes;
}

}  // namespace emulate

// Callers pass neither file nor line: the defaults are those of the call.
#define COCO_EMULATE_HERE const char *file = __builtin_FILE(), int line = __builtin_LINE()

inline void __syncthreads(COCO_EMULATE_HERE) {
    emulate::Block::current()->meet({"__syncthreads", file, line}, 0);
}
inline int __syncthreads_count(int holds, COCO_EMULATE_HERE) {
    return emulate::Block::current()->meet({"__syncthreads_count", file, line}, holds != 0);
}
inline int __syncthreads_or(int holds, COCO_EMULATE_HERE) {
    return emulate::Block::current()->meet({"__syncthreads_or", file, line}, holds != 0) > 0;
}
inline int __syncthreads_and(int holds, COCO_EMULATE_HERE) {
    return emulate::Block::current()->meet({"__syncthreads_and", file, line}, holds == 0) == 0;
}
inline void __syncwarp(unsigned mask = 0xffffffffu, COCO_EMULATE_HERE) {
    emulate::Block::current()->meet({"__syncwarp", file, line}, mask, 0);
}

template <class T>
T __shfl_sync(unsigned mask, T value, int source, int width = 32, COCO_EMULATE_HERE) {
    return emulate::exchange({"__shfl_sync", file, line}, mask, value, width,
                             [=](int, int first) { return first + (source & (width - 1)); });
}
template <class T>
T __shfl_up_sync(unsigned mask, T value, unsigned distance, int width = 32, COCO_EMULATE_HERE) {
    return emulate::exchange({"__shfl_up_sync", file, line}, mask, value, width, [=](int lane, int first) {
        const int from = lane - static_cast<int>(distance);
        return from < first ? -1 : from;
    });
}
template <class T>
T __shfl_down_sync(unsigned mask, T value, unsigned distance, int width = 32, COCO_EMULATE_HERE) {
    return emulate::exchange({"__shfl_down_sync", file, line}, mask, value, width, [=](int lane, int first) {
        const int from = lane + static_cast<int>(distance);
        return from >= first + width ? -1 : from;
    });
}
template <class T>
T __shfl_xor_sync(unsigned mask, T value, int bits, int width = 32, COCO_EMULATE_HERE) {
    return emulate::exchange({"__shfl_xor_sync", file, line}, mask, value, width, [=](int lane, int first) {
        const int from = lane ^ bits;
        return from >= first + width ? -1 : from;
    });
}

inline unsigned __ballot_sync(unsigned mask, int holds, COCO_EMULATE_HERE) {
    return emulate::vote({"__ballot_sync", file, line}, mask, holds != 0);
}
inline int __any_sync(unsigned mask, int holds, COCO_EMULATE_HERE) {
    return emulate::vote({"__any_sync", file, line}, mask, holds != 0) != 0;
}
inline int __all_sync(unsigned mask, int holds, COCO_EMULATE_HERE) {
    return emulate::vote({"__all_sync", file, line}, mask, holds == 0) == 0;
}
#undef COCO_EMULATE_HERE
