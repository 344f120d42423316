// SPDX-License-Identifier: Apache-2.0
/// \file
/// Stacks between which one thread of the operating system switches. On x86-64 a switch is a dozen
/// instructions of our own, elsewhere the C library's `swapcontext` (which makes a system call). The
/// sanitizers are notified.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <new>

#include <emulate/watch.hpp>

#if !defined(__x86_64__) && !defined(COCO_EMULATE_UCONTEXT)
#define COCO_EMULATE_UCONTEXT
#endif
#if defined(COCO_EMULATE_UCONTEXT)
#include <ucontext.h>
#endif

#if defined(__SANITIZE_ADDRESS__)
#define COCO_EMULATE_ASAN
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define COCO_EMULATE_ASAN
#endif
#endif
#if defined(COCO_EMULATE_ASAN)
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif
#if __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#define COCO_EMULATE_VALGRIND
#endif

#if !defined(COCO_EMULATE_UCONTEXT)
extern "C" void coco_emulate_turn(void** from, void* to) noexcept;
// Saves the callee-saved registers, stores the stack pointer in *from, continues on the stack `to`.
__asm__(
    ".pushsection .text.coco_emulate_turn,\"axG\",@progbits,coco_emulate_turn,comdat\n"
    ".weak coco_emulate_turn\n"
    ".type coco_emulate_turn,@function\n"
    "coco_emulate_turn:\n"
    "  pushq %rbp\n  pushq %rbx\n  pushq %r12\n  pushq %r13\n  pushq %r14\n  pushq %r15\n"
    "  movq %rsp, (%rdi)\n"
    "  movq %rsi, %rsp\n"
    "  popq %r15\n  popq %r14\n  popq %r13\n  popq %r12\n  popq %rbx\n  popq %rbp\n"
    "  ret\n"
    ".size coco_emulate_turn,.-coco_emulate_turn\n"
    ".popsection\n");
#endif

namespace emulate {

/// An execution context that can be suspended: a stack of its own or (default-constructed) that of the
/// caller.
class Fiber {
public:
    /// The current stack of the calling thread.
    Fiber() = default;
    /// A new stack, on which `entry` is called at the first switch. `entry` must not return.
    explicit Fiber(void (*entry)()) : bytes_(stack_bytes + page()) {
        memory_ = ::mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
                         -1, 0);
        if (memory_ == MAP_FAILED) throw std::bad_alloc();
        // A guard page: a kernel whose locals do not fit faults here instead of overwriting the next stack.
        ::mprotect(memory_, page(), PROT_NONE);
#if defined(COCO_EMULATE_VALGRIND)
        valgrind_ = VALGRIND_STACK_REGISTER(bottom(), bottom() + stack_bytes);
#endif
#if defined(COCO_EMULATE_TSAN)
        thread_ = __tsan_create_fiber(0);
#endif
#if defined(COCO_EMULATE_UCONTEXT)
        ::getcontext(&context_);
        context_.uc_stack.ss_sp = bottom();
        context_.uc_stack.ss_size = stack_bytes;
        context_.uc_link = nullptr;
        ::makecontext(&context_, entry, 0);
#else
        // The state that a switch expects: six saved registers, the address to continue at, no return
        // address.
        std::uintptr_t* top = reinterpret_cast<std::uintptr_t*>(bottom() + stack_bytes) - 8;
        for (int i = 0; i < 8; ++i) top[i] = 0;
        top[6] = reinterpret_cast<std::uintptr_t>(entry);
        top_ = top;
#endif
    }
    Fiber(const Fiber&) = delete;
    Fiber& operator=(const Fiber&) = delete;
    ~Fiber() {
        if (!memory_) return;
#if defined(COCO_EMULATE_VALGRIND)
        VALGRIND_STACK_DEREGISTER(valgrind_);
#endif
#if defined(COCO_EMULATE_ASAN)
        ASAN_UNPOISON_MEMORY_REGION(bottom(), stack_bytes);
#endif
        ::munmap(memory_, bytes_);
    }

    /// Suspends this context and resumes the other; returns when `this` is resumed.
#if defined(COCO_EMULATE_TSAN)
    __attribute__((no_sanitize("thread")))
#endif
    void
    turn_to(Fiber& other) {
#if defined(COCO_EMULATE_TSAN)
        if (!memory_) thread_ = __tsan_get_current_fiber();
        __tsan_switch_to_fiber(other.thread_, __tsan_switch_to_fiber_no_sync);
#endif
#if defined(COCO_EMULATE_ASAN)
        other.resumed_by_ = this;
        __sanitizer_start_switch_fiber(&fake_stack_, other.stack_bottom(), other.stack_size());
#endif
#if defined(COCO_EMULATE_UCONTEXT)
        ::swapcontext(&context_, &other.context_);
#else
        coco_emulate_turn(&top_, other.top_);
#endif
        arrived();
    }
    /// Must be called first on a new stack.
    void arrived() {
#if defined(COCO_EMULATE_ASAN)
        const void* from = nullptr;
        std::size_t size = 0;
        __sanitizer_finish_switch_fiber(fake_stack_, &from, &size);
        // The bounds of the operating system's stack are only reported when it is left for the first time.
        if (!resumed_by_->memory_) {
            resumed_by_->native_bottom_ = from;
            resumed_by_->native_size_ = size;
        }
#endif
    }

    /// Orders all accesses made on this stack before later accesses of the caller (for the thread sanitizer).
    void give_up() {
#if defined(COCO_EMULATE_TSAN)
        void* const caller = __tsan_get_current_fiber();
        __tsan_switch_to_fiber(thread_, __tsan_switch_to_fiber_no_sync);
        before(this);
        __tsan_switch_to_fiber(caller, __tsan_switch_to_fiber_no_sync);
        after(this);
#endif
    }

private:
#if defined(COCO_EMULATE_ASAN)
    static constexpr std::size_t stack_bytes = std::size_t{512} << 10;
#else
    static constexpr std::size_t stack_bytes = std::size_t{128} << 10;
#endif
    static std::size_t page() { return static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)); }
    char* bottom() const { return static_cast<char*>(memory_) + page(); }

    void* memory_ = nullptr;
    std::size_t bytes_ = 0;
#if defined(COCO_EMULATE_UCONTEXT)
    ucontext_t context_{};
#else
    void* top_ = nullptr;
#endif
#if defined(COCO_EMULATE_TSAN)
    void* thread_ = nullptr;
#endif
#if defined(COCO_EMULATE_VALGRIND)
    unsigned valgrind_ = 0;
#endif
#if defined(COCO_EMULATE_ASAN)
    const void* stack_bottom() const { return memory_ ? bottom() : native_bottom_; }
    std::size_t stack_size() const { return memory_ ? stack_bytes : native_size_; }
    void* fake_stack_ = nullptr;
    Fiber* resumed_by_ = nullptr;
    const void* native_bottom_ = nullptr;
    std::size_t native_size_ = 0;
#endif
};

}  // namespace emulate
