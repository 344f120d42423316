// SPDX-License-Identifier: Apache-2.0
/// \file
/// Scratch memory inside a primitive: one stack per thread, so that primitives may be called from several
/// threads at once and from inside one another. It grows to the largest call and then allocates nothing more.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <vector>

#include <coco/core/types.hpp>
#include <coco/host/memory.hpp>

namespace coco::host {
inline namespace COCO_INSTRUCTION_SET {

/// Takes scratch memory of the calling thread and frees it at the end of its scope. Memory is not zeroed.
class Scratch {
public:
    Scratch() : block_(stack().block), used_(stack().used) {}
    ~Scratch() {
        stack().block = block_;
        stack().used = used_;
    }
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;

    /// `count` elements, aligned to 64 bytes.
    template <class T>
    T* take(Index count) const {
        return static_cast<T*>(stack().take(static_cast<std::size_t>(std::max<Index>(count, 1)) * sizeof(T)));
    }

private:
    struct Free {
        void operator()(void* memory) const noexcept { deallocate(memory); }
    };
    struct Piece {
        std::unique_ptr<void, Free> memory;
        std::size_t size;
    };
    struct Stack {
        std::vector<Piece> pieces;
        std::size_t block = 0, used = 0;

        void* take(std::size_t bytes) {
            bytes = (bytes + 63) / 64 * 64;
            while (block < pieces.size() && used + bytes > pieces[block].size) {
                ++block;
                used = 0;
            }
            if (block == pieces.size()) {
                const std::size_t size = std::max(bytes, std::size_t{1} << 20);
                pieces.push_back({std::unique_ptr<void, Free>(allocate(size)), size});
                used = 0;
            }
            void* at = static_cast<std::byte*>(pieces[block].memory.get()) + used;
            used += bytes;
            return at;
        }
    };
    static Stack& stack() {
        thread_local Stack s;
        return s;
    }

    std::size_t block_, used_;
};

}  // namespace COCO_INSTRUCTION_SET
}  // namespace coco::host
