// SPDX-License-Identifier: Apache-2.0
/// \file
/// Emulates a block: threads in warps of 32, shared memory of the size requested at launch, and barriers, at
/// which threads wait for each other. Stricter than the device: `__syncthreads` still waits for a thread that
/// has ended, and threads that wait at barriers of different source lines are an error. A deadlock in a block
/// is reported as an error message instead of a hang.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <exception>
#include <functional>
#include <list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <emulate/fibers.hpp>
#include <emulate/fill.hpp>
#include <emulate/language.hpp>
#include <emulate/watch.hpp>

namespace emulate {

/// The source line of a barrier.
struct Site {
    const char* what = "";
    const char* file = "";
    int line = 0;

    bool operator==(const Site& other) const {
        return line == other.line && std::string_view(what) == other.what &&
               std::string_view(file) == other.file;
    }
    std::string text() const { return std::string(what) + " at " + file + ":" + std::to_string(line); }
};

/// A reusable barrier.
struct Meeting {
    Scheduler::Queue queue;
    unsigned arrived = 0, times = 0;
    Site site;
    char mark[2] = {};  ///< for even and odd times (sanitizer marks)
};

/// The value that each lane of a warp passes to a barrier, and the set of lanes that arrived.
struct Brought {
    unsigned from = 0;
    std::array<std::uint64_t, 32> lane{};
};

/// A barrier of the lanes of a mask. Two buffers are enough: no lane is ahead of another by two barriers.
struct WarpMeeting {
    unsigned mask = 0;
    Meeting meeting;
    Brought uploaded[2];
};
struct Warp {
    unsigned alive = 0;
    std::list<WarpMeeting> meetings;
};

/// Runs blocks of a grid, one after another.
class Block {
public:
    /// \param team  the thread sanitizer assumes no order between blocks of different teams
    Block(dim3 grid, dim3 size, std::size_t shared_bytes, const std::function<void()>& kernel,
          std::size_t team)
        : grid_(grid),
          size_(size),
          threads_(size.x * size.y * size.z),
          shared_(shared_bytes),
          kernel_(kernel),
          team_(team),
          scheduler_(team),
          warps_((threads_ + 31) / 32) {
        before(&start_);
    }
    Block(const Block&) = delete;
    Block& operator=(const Block&) = delete;
    ~Block() { after(&end_); }

    /// The block of the calling thread.
    static Block*& current() {
        static thread_local Block* block = nullptr;
        return block;
    }

    /// Runs all threads, started in this order. Returns false after an error. Rethrows a thread's exception.
    bool run(uint3 index, const std::vector<unsigned>& order) {
        begin(index);
        Block* const outer = current();
        const bool ended = scheduler_.run(order, [this](unsigned t) { thread(t); });
        current() = outer;
        if (thrown_) std::rethrow_exception(std::exchange(thrown_, nullptr));
        if (!ended && fault_.empty()) fault_ = standstill();
        return fault_.empty();
    }
    /// The error message, or "".
    const std::string& fault() const { return fault_; }
    void* shared() const { return shared_.data(); }

    /// A barrier of all threads of the block; returns the sum of their values.
    int meet(const Site& site, int uploaded) {
        const Unwatched own_accesses;
        const unsigned time = all_.times;
        sum_[time % 2] = all_.arrived == 0 ? uploaded : sum_[time % 2] + uploaded;
        join(all_, threads_, site);
        return sum_[time % 2];
    }
    /// A barrier of the lanes of a mask, which all of them must pass; returns the value of each. Lanes that
    /// have ended are not waited for.
    const Brought& meet(const Site& site, unsigned mask, std::uint64_t uploaded) {
        const Unwatched own_accesses;
        const unsigned me = scheduler_.me(), lane = me % 32;
        Warp& warp = warps_[me / 32];
        if (!(mask >> lane & 1u)) {
            tell(site.text() + ": the mask leaves out the thread that gives it");
            stop();
        }
        WarpMeeting& of = among(warp, mask);
        const unsigned time = of.meeting.times;
        Brought& all = of.uploaded[time % 2];
        all.from = of.meeting.arrived == 0 ? 1u << lane : all.from | 1u << lane;
        all.lane[lane] = uploaded;
        join(of.meeting, awaited(warp, mask), site);
        return all;
    }
    /// The lane of the running thread.
    unsigned lane() const { return scheduler_.me() % 32; }
    /// Sets the error message; `stop` then ends the block. These are two calls because nothing on the stack
    /// is destroyed after the second.
    void tell(const std::string& sentence) {
        fault_ = "block " + text_of(index_) + ", thread " + text_of(place(scheduler_.me())) + ": " + sentence;
    }
    [[noreturn]] void stop() { scheduler_.give_up(); }

    /// Sets threadIdx and the like for the running thread.
    void take_place(unsigned t) const {
        threadIdx = place(t);
        blockIdx = index_;
        blockDim = size_;
        gridDim = grid_;
    }

private:
    static std::string text_of(uint3 at) {
        return "(" + std::to_string(at.x) + ", " + std::to_string(at.y) + ", " + std::to_string(at.z) + ")";
    }
    uint3 place(unsigned t) const { return {t % size_.x, t / size_.x % size_.y, t / size_.x / size_.y}; }
    static unsigned awaited(const Warp& warp, unsigned mask) {
        return static_cast<unsigned>(std::popcount(mask & warp.alive));
    }

    void begin(uint3 index) {
        stacks(team_).messenger.pass(&end_, &start_);
        index_ = index;
        shared_.renew();
        for (unsigned w = 0; w < warps_.size(); ++w) {
            const unsigned lanes = threads_ - w * 32;
            warps_[w].alive = lanes >= 32 ? ~0u : (1u << lanes) - 1;
        }
    }
    void thread(unsigned t) {
        current() = this;
        take_place(t);
        after(&start_);
        try {
            const Watched kernels_accesses;
            kernel_();
        } catch (...) {
            thrown_ = std::current_exception();
        }
        before(&end_);
        leave(t);
    }
    /// Barriers no longer wait for a lane that has ended.
    void leave(unsigned t) {
        Warp& warp = warps_[t / 32];
        warp.alive &= ~(1u << t % 32);
        for (WarpMeeting& of : warp.meetings)
            if (of.meeting.arrived > 0 && of.meeting.arrived == awaited(warp, of.mask)) open(of.meeting);
    }
    static WarpMeeting& among(Warp& warp, unsigned mask) {
        for (WarpMeeting& of : warp.meetings)
            if (of.mask == mask) return of;
        WarpMeeting& of = warp.meetings.emplace_back();
        of.mask = mask;
        return of;
    }
    void join(Meeting& meeting, unsigned expected, const Site& site) {
        void* const mark = &meeting.mark[meeting.times % 2];
        before(mark);
        if (meeting.arrived == 0) {
            meeting.site = site;
        } else if (!(meeting.site == site)) {
            tell("comes to " + site.text() + ", but others wait at " + meeting.site.text());
            stop();
        }
        if (++meeting.arrived == expected) {
            open(meeting);
        } else {
            scheduler_.park(meeting.queue);
            take_place(scheduler_.me());
        }
        after(mark);
    }
    void open(Meeting& meeting) {
        meeting.arrived = 0;
        ++meeting.times;
        scheduler_.wake(meeting.queue);
    }
    /// The message that describes a deadlock.
    std::string standstill() const {
        unsigned waiting = 0;
        std::string text;
        const auto tell = [&](const Meeting& meeting, const std::string& who) {
            if (meeting.arrived == 0) return;
            waiting += meeting.arrived;
            text += (text.empty() ? "" : "; ") + std::to_string(meeting.arrived) + " threads" + who +
                    " wait at " + meeting.site.text();
        };
        tell(all_, "");
        for (std::size_t w = 0; w < warps_.size(); ++w)
            for (const WarpMeeting& of : warps_[w].meetings)
                tell(of.meeting, " of warp " + std::to_string(w));
        return "block " + text_of(index_) + " stands still: " + text + "; " +
               std::to_string(threads_ - waiting) + " of " + std::to_string(threads_) + " threads have ended";
    }

    dim3 grid_, size_;
    unsigned threads_;
    Shared shared_;
    const std::function<void()>& kernel_;
    std::size_t team_;
    Scheduler scheduler_;
    uint3 index_{};
    char start_ = 0, end_ = 0;
    Meeting all_;
    int sum_[2] = {};
    std::vector<Warp> warps_;
    std::exception_ptr thrown_;
    std::string fault_;
};

}  // namespace emulate

/// The shared memory of the calling thread's block.
inline void* coco_emulated_shared() { return emulate::Block::current()->shared(); }
