// SPDX-License-Identifier: Apache-2.0
/// \file
/// Uploads of small host lists. Numbers are copied into pinned memory at once, so the caller need not wait;
/// adjacent lists are sent to the device in one copy before the next kernel. The pinned memory has two
/// halves: one is filled while the other is read.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>

#include <coco/cuda/error.cuh>

namespace coco::cuda {

/// Pinned memory for pending uploads.
class Staging {
public:
    Staging() = default;
    Staging(const Staging&) = delete;
    Staging& operator=(const Staging&) = delete;
    ~Staging() { give_back(); }

    /// Alignment of lists in bytes; the bytes between two lists are unused.
    static constexpr std::size_t step = 64;

    /// Accepts `bytes` bytes that will be at `to` for all that is launched on `stream` after `send`.
    /// \param to  at a multiple of `step` bytes, in memory owned up to the next multiple
    void add(cudaStream_t stream, const void* from, std::size_t bytes, std::byte* to) {
        if (bytes == 0) return;
        const std::size_t room = (bytes + step - 1) / step * step;
        if (to != to_ + (used_ - begin_)) send(stream);
        if (used_ + room > size_) turn(stream, room);
        if (begin_ == used_) to_ = to;
        std::memcpy(half_[now_].memory + used_, from, bytes);
        used_ += room;
    }

    /// Starts the copy of all that was added.
    void send(cudaStream_t stream) {
        if (begin_ == used_) return;
        check(
            cudaMemcpyAsync(to_, half_[now_].memory + begin_, used_ - begin_, cudaMemcpyHostToDevice, stream),
            "upload numbers to the device");
        begin_ = used_;
        ++copies_;
    }

    /// Copies started so far.
    std::size_t copies() const { return copies_; }

private:
    struct Half {
        std::byte* memory = nullptr;
        cudaEvent_t read = nullptr;
    };

    /// Continues in the other half, once it has been read; enlarges both where `room` does not fit.
    void turn(cudaStream_t stream, std::size_t room) {
        send(stream);
        if (size_ > 0) check(cudaEventRecord(half_[now_].read, stream), "mark pinned memory as read");
        now_ = 1 - now_;
        begin_ = used_ = 0;
        if (size_ > 0) check(cudaEventSynchronize(half_[now_].read), "wait for pinned memory");
        if (room <= size_) return;
        if (size_ > 0) check(cudaEventSynchronize(half_[1 - now_].read), "wait for pinned memory");
        give_back();
        const std::size_t size = std::max(2 * room, std::size_t{1} << 20);
        for (Half& half : half_) {
            void* memory = nullptr;
            check(cudaMallocHost(&memory, size), "take pinned memory");
            half.memory = static_cast<std::byte*>(memory);
            check(cudaEventCreateWithFlags(&half.read, cudaEventDisableTiming), "make an event");
        }
        size_ = size;
    }
    void give_back() noexcept {
        for (Half& half : half_) {
            if (half.read) static_cast<void>(cudaEventDestroy(half.read));
            if (half.memory) static_cast<void>(cudaFreeHost(half.memory));
            half = {};
        }
        size_ = 0;
    }

    Half half_[2];
    int now_ = 0;
    std::size_t size_ = 0, used_ = 0, begin_ = 0;
    std::byte* to_ = nullptr;
    std::size_t copies_ = 0;
};

}  // namespace coco::cuda
