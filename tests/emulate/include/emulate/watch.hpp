// SPDX-License-Identifier: Apache-2.0
/// \file
/// Tells the thread sanitizer what orders the threads of a block: barriers do, that they run by turns does
/// not. Without that sanitizer nothing of this does anything.
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

/// What the caller did so far comes before whatever follows an `after` of the same mark.
inline void before(void* mark) { __tsan_release(mark); }
inline void after(void* mark) { __tsan_acquire(mark); }

/// The emulator's own accesses are nobody's business.
struct Unwatched {
    Unwatched() { __tsan_ignore_thread_begin(); }
    Unwatched(const Unwatched&) = delete;
    Unwatched& operator=(const Unwatched&) = delete;
    ~Unwatched() { __tsan_ignore_thread_end(); }
};
/// Those of a kernel, called from within, are.
struct Watched {
    Watched() { __tsan_ignore_thread_end(); }
    Watched(const Watched&) = delete;
    Watched& operator=(const Watched&) = delete;
    ~Watched() { __tsan_ignore_thread_begin(); }
};

/// Somebody who does nothing but pass on what others did.
class Messenger {
public:
    /// What came before `from` comes before what follows `to`, unknown to the caller.
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
