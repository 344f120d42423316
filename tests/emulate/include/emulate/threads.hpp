// SPDX-License-Identifier: Apache-2.0
/// \file
/// Runs the threads of a block as real threads, chosen by COCO_EMULATE_THREADS: slow, but the thread
/// sanitizer then sees which accesses nothing orders. Locks are kept apart (one a warp, one a block), since
/// each orders those who take it.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace emulate {

/// Threads that are made once and wait for work. It has no more of them than its largest block.
class Crew {
public:
    Crew() = default;
    Crew(const Crew&) = delete;
    Crew& operator=(const Crew&) = delete;
    ~Crew() {
        job_ = nullptr;
        begin();
        for (std::thread& thread : threads_) thread.join();
    }
    /// One for each block that runs at a time.
    static Crew& of(std::size_t team) {
        static Crew crews[2];
        return crews[team];
    }

    /// job(0) .. job(count - 1), each by a thread; returns when all are done.
    void run(std::size_t count, const std::function<void(std::size_t)>& job) {
        while (threads_.size() < count)
            threads_.emplace_back(&Crew::work, this, threads_.size(), time_.load());
        job_ = &job;
        count_ = count;
        left_ = threads_.size();
        begin();
        for (std::size_t left = left_; left > 0; left = left_) left_.wait(left);
    }

private:
    void begin() {
        ++time_;
        time_.notify_all();
    }
    void work(std::size_t me, unsigned time) {
        for (;;) {
            time_.wait(time);
            time = time_;
            if (!job_) return;
            if (me < count_) (*job_)(me);
            if (left_.fetch_sub(1) == 1) left_.notify_all();
        }
    }

    std::atomic<unsigned> time_ = 0;
    std::atomic<std::size_t> left_ = 0;
    const std::function<void(std::size_t)>* job_ = nullptr;
    std::size_t count_ = 0;
    std::vector<std::thread> threads_;
};

/// Whose turn it is among the threads of one block: everybody's.
class Scheduler {
public:
    explicit Scheduler(std::size_t team) : crew_(Crew::of(team)) {}

    using Lock = std::mutex;
    using Guard = std::unique_lock<std::mutex>;
    /// Threads that wait for one thing, under the lock that goes with it.
    struct Queue {
        std::atomic<unsigned> times = 0;
        unsigned waiting = 0;
    };
    /// Ends a thread of a block that gave up. Who catches it wakes all queues.
    struct Stopped {};

    bool run(const std::vector<unsigned>& order, const std::function<void(unsigned)>& body) {
        counts_ = order.size();
        stopped_ = false;
        crew_.run(order.size(), [&](std::size_t i) {
            me_here() = order[i];
            body(order[i]);
        });
        return !stopped_;
    }
    /// A thread has come to its end.
    void ended(unsigned threads) {
        const std::uint64_t counts =
            counts_.fetch_add(one_ended - 1, std::memory_order_relaxed) + one_ended - 1;
        if (counts % one_ended == 0 && counts / one_ended < threads) give_up();
    }
    unsigned me() const { return me_here(); }

    /// Waits until somebody wakes the queue, and leaves it unlocked.
    void park(Queue& queue, Guard& guard) {
        if (stopped_.load(std::memory_order_relaxed)) throw Stopped{};
        const unsigned times = queue.times.load(std::memory_order_relaxed);
        ++queue.waiting;
        guard.unlock();
        if (counts_.fetch_sub(1, std::memory_order_relaxed) % one_ended == 1) give_up();
        queue.times.wait(times, std::memory_order_acquire);
        if (stopped_.load(std::memory_order_relaxed)) throw Stopped{};
    }
    void wake(Queue& queue) {
        // Counted before they run, else the last one to park could believe that nobody does.
        counts_.fetch_add(queue.waiting, std::memory_order_relaxed);
        queue.waiting = 0;
        queue.times.fetch_add(1, std::memory_order_release);
        queue.times.notify_all();
    }
    /// Whether the caller is the first to give up.
    bool first_to_give_up() { return !stopped_.exchange(true, std::memory_order_relaxed); }
    [[noreturn]] void give_up() {
        stopped_.store(true, std::memory_order_relaxed);
        throw Stopped{};
    }

private:
    static unsigned& me_here() {
        static thread_local unsigned me = 0;
        return me;
    }
    static constexpr std::uint64_t one_ended = std::uint64_t{1} << 32;

    Crew& crew_;
    // Threads that run, and those that have ended. Relaxed: to count must order nothing.
    std::atomic<std::uint64_t> counts_ = 0;
    std::atomic<bool> stopped_ = false;
};

}  // namespace emulate
