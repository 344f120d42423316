// SPDX-License-Identifier: Apache-2.0
/// \file
/// Owning memory of an execution policy (host pages or a device pool). A block is aligned to 64 bytes,
/// zero-initialised and never resized.
#pragma once

#include <utility>

#include <coco/core/types.hpp>
#include <coco/store/view.hpp>

namespace coco {

/// `size` elements of T, owned. T is trivially copyable; all-zero bytes are a T of value zero.
template <class T, class P>
class Block {
    static_assert(std::is_trivially_copyable_v<T>);

public:
    Block() = default;
    /// Allocates `size` zeroed elements on the policy; throws what `allocate` throws when there is no memory.
    Block(P& on, Index size)
        : on_(&on),
          size_(size),
          data_(size ? static_cast<T*>(on.allocate(static_cast<std::size_t>(size) * sizeof(T))) : nullptr) {}
    Block(Block&& other) noexcept { swap(other); }
    Block& operator=(Block&& other) noexcept {
        swap(other);
        return *this;
    }
    Block(const Block&) = delete;
    Block& operator=(const Block&) = delete;
    ~Block() {
        if (data_) on_->deallocate(data_, static_cast<std::size_t>(size_) * sizeof(T));
    }

    T* data() { return data_; }
    const T* data() const { return data_; }
    Index size() const { return size_; }

    View<T, typename P::Space> view(Index rows, Index cols) { return {data_, rows, cols}; }
    View<const T, typename P::Space> view(Index rows, Index cols) const { return {data_, rows, cols}; }
    List<T, typename P::Space> list() { return {data_, size_}; }
    List<const T, typename P::Space> list() const { return {data_, size_}; }

private:
    void swap(Block& other) noexcept {
        std::swap(on_, other.on_);
        std::swap(size_, other.size_);
        std::swap(data_, other.data_);
    }

    P* on_ = nullptr;
    Index size_ = 0;
    T* data_ = nullptr;
};

}  // namespace coco
