// SPDX-License-Identifier: Apache-2.0
/// \file
/// A thread pool. A job is a number of tasks. The assignment of tasks to threads is arbitrary, so results
/// must not depend on it: tasks have fixed sizes and write to separate memory.
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

#include <coco/core/types.hpp>
#include <coco/host/scratch.hpp>

namespace coco::host {
inline namespace COCO_INSTRUCTION_SET {

/// A pool of `threads` threads, the caller included. Jobs of several user threads are executed one after
/// another. A job is over when its tasks are done: it does not wait for a worker that has not been scheduled.
class Pool {
public:
    /// \param threads  at least 1; 0 uses all that the machine has
    explicit Pool(int threads = 0) {
        if (threads <= 0) threads = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
        workers_.reserve(static_cast<std::size_t>(threads) - 1);
        for (int t = 1; t < threads; ++t) workers_.emplace_back([this] { work(); });
        for (int turn = 0; ready_.load(std::memory_order_acquire) < threads - 1; ++turn) pause(turn);
    }
    ~Pool() {
        {
            const std::lock_guard lock(mutex_);
            stopping_.store(true, std::memory_order_release);
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
        run_all(count, {&call<Task>, &task, 0});
    }

private:
    struct Job {
        void (*call)(const void*, Index) = nullptr;
        const void* task = nullptr;
        Index first = 0;
    };

    template <class Task>
    static void call(const void* task, Index i) {
        (*static_cast<const Task*>(task))(i);
    }

    /// One function for all jobs: a task is then compiled once, not once for the caller and once for the
    /// workers, and what stands around it once for them all.
    [[gnu::noinline]] void run_all(Index count, Job job) {
        if (count <= 0) return;
        if (count == 1 || workers_.empty() || inside()) {
            for (Index i = 0; i < count; ++i) job.call(job.task, i);
            return;
        }
        const std::lock_guard turn(turn_);
        for (; job.first < count; job.first += max_tasks) start(job, std::min(max_tasks, count - job.first));
    }

    /// Tasks still to be taken, in one word that is exchanged atomically: the job's number (so that a worker
    /// with an outdated word cannot take a task of a newer job), the next task, and the number of tasks.
    static constexpr std::uint64_t field = 21, mask = (std::uint64_t{1} << field) - 1;
    static constexpr Index max_tasks = static_cast<Index>(mask);
    static std::uint64_t next_of(std::uint64_t ticket) { return (ticket >> field) & mask; }
    static std::uint64_t count_of(std::uint64_t ticket) { return ticket & mask; }
    static bool has_work(std::uint64_t ticket) { return next_of(ticket) < count_of(ticket); }

    /// True inside a task: a job that it starts runs on this thread alone.
    static bool& inside() {
        thread_local bool flag = false;
        return flag;
    }

    /// One more turn of waiting: first a pause of the core, later a yield to other threads.
    static void pause(int turn) {
        if (turn > 2000) {
            std::this_thread::yield();
            return;
        }
#if defined(__x86_64__) || defined(__i386__)
        __builtin_ia32_pause();
#endif
    }

    void start(const Job& job, Index count) {
        job_ = job;
        done_.store(0, std::memory_order_relaxed);
        const std::uint64_t number = (ticket_.load(std::memory_order_relaxed) >> (2 * field)) + 1;
        {
            const std::lock_guard lock(mutex_);
            ticket_.store((number << (2 * field)) | static_cast<std::uint64_t>(count),
                          std::memory_order_release);
        }
        if (sleeping_.load(std::memory_order_acquire) > 0) wake_.notify_all();
        take();
        for (int turn = 0; done_.load(std::memory_order_acquire) < count; ++turn) pause(turn);
        if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
    }

    /// Runs tasks until none is left. A task that was taken keeps its job alive until it is counted as done.
    void take() {
        inside() = true;
        std::uint64_t ticket = ticket_.load(std::memory_order_acquire);
        while (has_work(ticket)) {
            if (!ticket_.compare_exchange_weak(ticket, ticket + (std::uint64_t{1} << field),
                                               std::memory_order_acq_rel, std::memory_order_acquire))
                continue;
            try {
                job_.call(job_.task, job_.first + static_cast<Index>(next_of(ticket)));
            } catch (...) {
                const std::lock_guard lock(mutex_);
                if (!failure_) failure_ = std::current_exception();
            }
            done_.fetch_add(1, std::memory_order_release);
            ticket = ticket_.load(std::memory_order_acquire);
        }
        inside() = false;
    }

    void work() {
        const auto called = [this] {
            return has_work(ticket_.load(std::memory_order_acquire)) ||
                   stopping_.load(std::memory_order_acquire);
        };
        {
            // Allocates the thread's scratch memory now, not in its first task.
            const Scratch scratch;
            scratch.take<std::byte>(1);
        }
        ready_.fetch_add(1, std::memory_order_release);
        for (;;) {
            // Jobs follow one another within microseconds: spin that long before sleeping.
            for (int turn = 0; turn < 2200 && !called(); ++turn) pause(turn);
            if (!called()) {
                std::unique_lock lock(mutex_);
                sleeping_.fetch_add(1, std::memory_order_release);
                wake_.wait(lock, called);
                sleeping_.fetch_sub(1, std::memory_order_release);
            }
            if (stopping_.load(std::memory_order_acquire)) return;
            take();
        }
    }

    std::vector<std::thread> workers_;
    std::mutex turn_, mutex_;
    std::condition_variable wake_;
    std::atomic<std::uint64_t> ticket_{0};
    std::atomic<Index> done_{0};
    std::atomic<int> sleeping_{0}, ready_{0};
    std::atomic<bool> stopping_{false};
    Job job_;
    std::exception_ptr failure_;
};

}  // namespace COCO_INSTRUCTION_SET
}  // namespace coco::host
