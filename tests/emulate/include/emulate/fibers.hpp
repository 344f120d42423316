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

/// Stacks are kept from block to block; each rests inside `work`.
struct Stacks {
    std::vector<std::unique_ptr<Fiber>> all;
    std::vector<Fiber*> idle;
};
inline Stacks& stacks() {
    static thread_local Stacks kept;
    return kept;
}

/// Whose turn it is among the threads of one block.
class Scheduler {
public:
    /// One block runs at a time, so it does not matter which this is.
    explicit Scheduler(std::size_t) {}

    /// Threads that wait for one thing.
    struct Queue {
        std::vector<unsigned> waiting;
    };
    /// Thrown by nobody here: threads of a block that gave up rest for ever.
    struct Stopped {};
    /// Nothing needs locking where one runs at a time.
    struct Lock {};
    struct Guard {
        explicit Guard(Lock&) {}
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
        go_on_with(unused());
        now() = nullptr;
        if (done_ == order.size()) return true;
        forget();
        return false;
    }
    /// The thread that runs.
    unsigned me() const { return me_; }

    /// Waits until somebody wakes the queue.
    void park(Queue& queue, Guard&) {
        const unsigned me = me_;
        queue.waiting.push_back(me);
        resting_[me] = running_;
        go_on_with(next_ < order_->size() ? unused() : someone_ready());
        me_ = me;
    }
    void wake(Queue& queue) {
        ready_.insert(ready_.end(), queue.waiting.begin(), queue.waiting.end());
        queue.waiting.clear();
    }
    void ended(unsigned) {}
    bool first_to_give_up() const { return true; }
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
        for (;;) {
            Scheduler& block = *now();
            while (block.next_ < block.order_->size()) {
                block.me_ = (*block.order_)[block.next_++];
                (*block.body_)(block.me_);
                ++now()->done_;
            }
            stacks().idle.push_back(self);
            block.go_on_with(block.someone_ready());
        }
    }
    void go_on_with(Fiber& other) {
        Fiber* const here = running_;
        running_ = &other;
        here->turn_to(other);
    }
    static Fiber& unused() {
        Stacks& kept = stacks();
        if (kept.idle.empty()) return *kept.all.emplace_back(std::make_unique<Fiber>(&Scheduler::work));
        Fiber* const fiber = kept.idle.back();
        kept.idle.pop_back();
        return *fiber;
    }
    Fiber& someone_ready() {
        if (ready_.empty()) return outside_;
        const unsigned thread = ready_.front();
        ready_.pop_front();
        return *std::exchange(resting_[thread], nullptr);
    }
    /// The stacks of threads that will never go on.
    void forget() {
        std::erase_if(stacks().all, [&](const std::unique_ptr<Fiber>& fiber) {
            return std::find(resting_.begin(), resting_.end(), fiber.get()) != resting_.end();
        });
    }

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
