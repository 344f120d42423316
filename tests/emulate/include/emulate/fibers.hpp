// SPDX-License-Identifier: Apache-2.0
/// \file
/// Runs the threads of a block cooperatively on one thread of the operating system. A thread runs until it
/// must wait for others; a block whose threads never wait needs no switch.
#pragma once

#include <algorithm>
#include <deque>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include <emulate/fiber.hpp>

namespace emulate {

/// Stacks are reused from block to block; an idle stack is suspended inside `work`. The thread sanitizer
/// identifies threads by their stacks. With it each thread has its own stack, and blocks use two sets of
/// stacks alternately, so that consecutive blocks are not ordered.
struct Stacks {
    std::vector<std::unique_ptr<Fiber>> all;
    std::vector<Fiber*> idle, own;
    Messenger messenger;
};
inline Stacks& stacks(std::size_t team) {
    static thread_local Stacks kept[2];
    return kept[team];
}

/// Schedules the threads of one block.
class Scheduler {
public:
    explicit Scheduler(std::size_t team) : stacks_(stacks(team)) {}

    /// Threads that wait for the same event.
    struct Queue {
        std::vector<unsigned> waiting;
    };

    /// Runs body(t) for every t of `order`, started in this order. Returns false if some did not finish,
    /// because all remaining threads were waiting or one called `give_up`.
    bool run(const std::vector<unsigned>& order, const std::function<void(unsigned)>& body) {
        order_ = &order;
        body_ = &body;
        next_ = done_ = 0;
        resting_.assign(order.size(), nullptr);
        ready_.clear();
        now() = this;
        running_ = &outside_;
        // Creating a fiber orders the creator before it, and a thread of the block must not be ordered before
        // another: create all of them here.
        if (watched_for_races)
            for (const unsigned thread : order) unused(thread);
        go_on_with(next());
        now() = nullptr;
        if (done_ == order.size()) return true;
        forget();
        return false;
    }
    /// The running thread.
    unsigned me() const { return me_; }

    /// Waits until `wake` is called on the queue.
    void park(Queue& queue) {
        const unsigned me = me_;
        queue.waiting.push_back(me);
        resting_[me] = running_;
        go_on_with(next());
        me_ = me;
    }
    void wake(Queue& queue) {
        ready_.insert(ready_.end(), queue.waiting.begin(), queue.waiting.end());
        queue.waiting.clear();
    }
    /// Ends the block: no thread of it continues.
    [[noreturn]] void give_up() {
        resting_[me_] = running_;
        go_on_with(outside_);
        __builtin_unreachable();
    }

private:
    static Scheduler*& now() {
        static thread_local Scheduler* scheduler = nullptr;
        return scheduler;
    }
    /// The loop of every stack: run threads that have not been started, then suspend until there are new
    /// ones.
    static void work() {
        Fiber* const self = now()->running_;
        self->arrived();
        const Unwatched own_accesses;
        for (;;) {
            Scheduler& block = *now();
            do {
                block.me_ = (*block.order_)[block.next_++];
                (*block.body_)(block.me_);
                ++block.done_;
            } while (!watched_for_races && block.next_ < block.order_->size());
            if (!watched_for_races) block.stacks_.idle.push_back(self);
            block.go_on_with(block.next());
        }
    }
    void go_on_with(Fiber& other) {
        Fiber* const here = running_;
        running_ = &other;
        here->turn_to(other);
    }
    /// The context to continue with: a thread that has not been started, one that need no longer wait, or the
    /// caller of `run`.
    Fiber& next() {
        if (next_ < order_->size()) return unused((*order_)[next_]);
        if (ready_.empty()) return outside_;
        const unsigned thread = ready_.front();
        ready_.pop_front();
        return *std::exchange(resting_[thread], nullptr);
    }
    Fiber& unused(unsigned thread) {
        if (watched_for_races) {
            if (stacks_.own.size() <= thread) stacks_.own.resize(thread + 1);
            Fiber*& own = stacks_.own[thread];
            return own ? *own
                       : *(own = stacks_.all.emplace_back(std::make_unique<Fiber>(&Scheduler::work)).get());
        }
        if (stacks_.idle.empty()) return *stacks_.all.emplace_back(std::make_unique<Fiber>(&Scheduler::work));
        Fiber* const fiber = stacks_.idle.back();
        stacks_.idle.pop_back();
        return *fiber;
    }
    /// Removes the stacks of threads that will never continue.
    void forget() {
        for (Fiber* const fiber : resting_)
            if (fiber) fiber->give_up();
        for (Fiber*& own : stacks_.own)
            if (std::find(resting_.begin(), resting_.end(), own) != resting_.end()) own = nullptr;
        std::erase_if(stacks_.all, [&](const std::unique_ptr<Fiber>& fiber) {
            return std::find(resting_.begin(), resting_.end(), fiber.get()) != resting_.end();
        });
    }

    Stacks& stacks_;
    const std::vector<unsigned>* order_ = nullptr;
    const std::function<void(unsigned)>* body_ = nullptr;
    std::size_t next_ = 0, done_ = 0;
    unsigned me_ = 0;
    Fiber outside_;
    Fiber* running_ = nullptr;
    std::vector<Fiber*> resting_;
    std::deque<unsigned> ready_;
};

}  // namespace emulate
