// SPDX-License-Identifier: Apache-2.0
/// \file
/// Runs the threads of a block by turns on one thread of the operating system. A thread goes on until it must
/// wait for others; a block whose threads never wait needs no turn at all.
#pragma once

#include <algorithm>
#include <deque>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include <emulate/fiber.hpp>

namespace emulate {

/// Stacks are kept from block to block; each rests inside `work`. The thread sanitizer tells threads apart by
/// their stacks: there each thread has one of its own, and two blocks take turns so that nothing orders
/// neighbours.
struct Stacks {
    std::vector<std::unique_ptr<Fiber>> all;
    std::vector<Fiber*> idle, own;
    Messenger messenger;
};
inline Stacks& stacks(std::size_t team) {
    static thread_local Stacks kept[2];
    return kept[team];
}

/// Whose turn it is among the threads of one block.
class Scheduler {
public:
    explicit Scheduler(std::size_t team) : stacks_(stacks(team)) {}

    /// Threads that wait for one thing.
    struct Queue {
        std::vector<unsigned> waiting;
    };

    /// Runs body(t) for every t of `order`, started in this order. False where some never came to their end,
    /// because all that were left waited or somebody gave up.
    bool run(const std::vector<unsigned>& order, const std::function<void(unsigned)>& body) {
        order_ = &order;
        body_ = &body;
        next_ = done_ = 0;
        resting_.assign(order.size(), nullptr);
        ready_.clear();
        now() = this;
        running_ = &outside_;
        // Who makes a thread comes before it: a thread of the block must not.
        if (watched_for_races)
            for (const unsigned thread : order) unused(thread);
        go_on_with(next());
        now() = nullptr;
        if (done_ == order.size()) return true;
        forget();
        return false;
    }
    /// The thread that runs.
    unsigned me() const { return me_; }

    /// Waits until somebody wakes the queue.
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
    /// Ends the block: no thread of it goes on.
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
    /// What every stack does: start threads that have not been started, then rest until there are new ones.
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
    /// Where to go on: with a thread that has not been started, with one that need not wait any more, or
    /// outside.
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
    /// The stacks of threads that will never go on.
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
