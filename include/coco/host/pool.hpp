// SPDX-License-Identifier: Apache-2.0
/// \file
/// Threads that wait for work. A job is a number of tasks; which thread runs which task is left to chance,
/// so a task must not depend on it: tasks are cut at fixed counts and write to places of their own.
#pragma once

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include <coco/core/config.hpp>

namespace coco::host {

/// A pool of `threads` workers, the caller among them. Calls from different user threads take turns.
class Pool {
public:
    /// \param threads  at least 1; 0 takes all the machine has
    explicit Pool(int threads = 0) {
        if (threads <= 0) threads = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
        workers_.reserve(static_cast<std::size_t>(threads) - 1);
        for (int t = 1; t < threads; ++t) workers_.emplace_back([this] { work(); });
    }
    ~Pool() {
        {
            const std::lock_guard lock(mutex_);
            stopping_ = true;
            generation_.fetch_add(1, std::memory_order_release);
        }
        wake_.notify_all();
        for (std::thread& w : workers_) w.join();
    }
    Pool(const Pool&) = delete;
    Pool& operator=(const Pool&) = delete;

    int threads() const { return static_cast<int>(workers_.size()) + 1; }

    /// Runs task(i) for i = 0 .. count-1 and returns when all are done. The first exception of a task is
    /// thrown here; the other tasks still run.
    template <class Task>
    void run(Index count, const Task& task) {
        if (count <= 0) return;
        if (count == 1 || workers_.empty() || inside()) {
            for (Index i = 0; i < count; ++i) task(i);
            return;
        }
        const std::lock_guard turn(turn_);
        job_ = {[](const void* t, Index i) { (*static_cast<const Task*>(t))(i); }, &task, count};
        next_.store(0, std::memory_order_relaxed);
        busy_.store(static_cast<int>(workers_.size()), std::memory_order_relaxed);
        {
            const std::lock_guard lock(mutex_);
            generation_.fetch_add(1, std::memory_order_release);
        }
        if (sleeping_.load(std::memory_order_acquire) > 0) wake_.notify_all();
        take();
        while (busy_.load(std::memory_order_acquire) > 0) pause();
        if (failure_) {
            const std::exception_ptr failure = std::exchange(failure_, nullptr);
            std::rethrow_exception(failure);
        }
    }

private:
    struct Job {
        void (*call)(const void*, Index) = nullptr;
        const void* task = nullptr;
        Index count = 0;
    };

    /// A task that starts a job of its own runs it alone.
    static bool& inside() {
        thread_local bool flag = false;
        return flag;
    }

    static void pause() {
#if defined(__x86_64__) || defined(__i386__)
        __builtin_ia32_pause();
#endif
    }

    void take() {
        inside() = true;
        for (;;) {
            const Index i = next_.fetch_add(1, std::memory_order_relaxed);
            if (i >= job_.count) break;
            try {
                job_.call(job_.task, i);
            } catch (...) {
                const std::lock_guard lock(mutex_);
                if (!failure_) failure_ = std::current_exception();
            }
        }
        inside() = false;
    }

    void work() {
        std::uint64_t seen = 0;
        for (;;) {
            // Steps come microseconds apart: spin that long before sleeping.
            for (int spin = 0; spin < 4000 && generation_.load(std::memory_order_acquire) == seen; ++spin) pause();
            if (generation_.load(std::memory_order_acquire) == seen) {
                std::unique_lock lock(mutex_);
                sleeping_.fetch_add(1, std::memory_order_release);
                wake_.wait(lock, [&] { return generation_.load(std::memory_order_acquire) != seen; });
                sleeping_.fetch_sub(1, std::memory_order_release);
            }
            seen = generation_.load(std::memory_order_acquire);
            if (stopping_) return;
            take();
            busy_.fetch_sub(1, std::memory_order_release);
        }
    }

    std::vector<std::thread> workers_;
    std::mutex turn_, mutex_;
    std::condition_variable wake_;
    std::atomic<std::uint64_t> generation_{0};
    std::atomic<Index> next_{0};
    std::atomic<int> busy_{0}, sleeping_{0};
    bool stopping_ = false;
    Job job_;
    std::exception_ptr failure_;
};

}  // namespace coco::host
