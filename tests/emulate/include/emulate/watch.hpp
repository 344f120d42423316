// SPDX-License-Identifier: Apache-2.0
/// \file
/// Tells the thread sanitizer what orders the threads of a block: barriers do, cooperative scheduling does
/// not. Without that sanitizer these functions do nothing.
#pragma once

#if defined(__SANITIZE_THREAD__)
#define COCO_EMULATE_TSAN
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define COCO_EMULATE_TSAN
#endif
#endif

#if defined(COCO_EMULATE_TSAN)
#include <sanitizer/tsan_interface.h>
extern "C" void __tsan_ignore_thread_begin();
extern "C" void __tsan_ignore_thread_end();
#endif

namespace emulate {

#if defined(COCO_EMULATE_TSAN)
inline constexpr bool watched_for_races = true;

/// Orders the caller's previous accesses before everything that follows an `after` with the same mark.
inline void before(void* mark) { __tsan_release(mark); }
inline void after(void* mark) { __tsan_acquire(mark); }

/// Accesses of the emulator itself are not checked for races.
struct Unwatched {
    Unwatched() { __tsan_ignore_thread_begin(); }
    Unwatched(const Unwatched&) = delete;
    Unwatched& operator=(const Unwatched&) = delete;
    ~Unwatched() { __tsan_ignore_thread_end(); }
};
/// Accesses of a kernel, called from within, are checked.
struct Watched {
    Watched() { __tsan_ignore_thread_end(); }
    Watched(const Watched&) = delete;
    Watched& operator=(const Watched&) = delete;
    ~Watched() { __tsan_ignore_thread_begin(); }
};

/// A separate fiber that only relays an ordering.
class Messenger {
public:
    /// Orders what preceded `from` before what follows `to`, without ordering the caller.
    void pass(void* from, void* to) {
        void* const caller = __tsan_get_current_fiber();
        __tsan_switch_to_fiber(self_, __tsan_switch_to_fiber_no_sync);
        after(from);
        before(to);
        __tsan_switch_to_fiber(caller, __tsan_switch_to_fiber_no_sync);
    }

private:
    void* self_ = __tsan_create_fiber(0);
};
#else
inline constexpr bool watched_for_races = false;
inline void before(void*) {}
inline void after(void*) {}
struct Unwatched {
    ~Unwatched() {}
};
struct Watched {
    ~Watched() {}
};
struct Messenger {
    void pass(void*, void*) {}
};
#endif

}  // namespace emulate
