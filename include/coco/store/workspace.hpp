// SPDX-License-Identifier: Apache-2.0
/// \file
/// Memory of a step: what forward saves for backward, a stack of scratch memory that a layer needs only while
/// it runs, and shapes made on the host. The largest batch runs first; after it nothing is allocated.
#pragma once

#include <algorithm>
#include <cstdlib>
#include <new>
#include <span>
#include <vector>

#include <coco/core/types.hpp>
#include <coco/store/block.hpp>
#include <coco/store/view.hpp>

namespace coco {

/// A bump allocator over blocks of a policy. It grows by whole blocks (earlier views stay valid); `reset`
/// merges them into one, so that a second step of the same size allocates nothing from the system.
template <class P>
class Arena {
public:
    explicit Arena(P& on) : on_(&on) {}

    /// A position in the arena; `release` frees all that was taken after it.
    struct Mark {
        std::size_t block, used;
    };
    Mark mark() const { return {block_, used_}; }
    void release(Mark m) {
        block_ = m.block;
        used_ = m.used;
    }

    [[gnu::noinline]] void* take(std::size_t bytes) {
        bytes = (bytes + 63) / 64 * 64;
        while (block_ < blocks_.size() && used_ + bytes > size_of(block_)) {
            ++block_;
            used_ = 0;
        }
        if (block_ == blocks_.size()) {
            blocks_.emplace_back(*on_, static_cast<Index>(std::max(bytes, total() / 2 + (1u << 20))));
            used_ = 0;
        }
        std::byte* at = blocks_[block_].data() + used_;
        used_ += bytes;
        peak_ = std::max(peak_, in_use());
        return at;
    }

    /// Frees everything taken. Views into the arena become invalid.
    void reset() {
        if (blocks_.size() > 1) move_to(peak_);
        block_ = used_ = 0;
    }

    /// Enlarges the arena to at least `factor` times its peak use; call between steps.
    void reserve(double factor) {
        const std::size_t wanted = static_cast<std::size_t>(factor * static_cast<double>(peak_));
        peak_ = std::max(peak_, wanted);
        if (total() >= wanted && blocks_.size() <= 1) return;
        move_to(wanted);
        block_ = used_ = 0;
    }

    /// Number of times the memory has moved to another address.
    Index moves() const { return moves_; }

    /// Bytes owned.
    std::size_t total() const {
        std::size_t sum = 0;
        for (const auto& b : blocks_) sum += static_cast<std::size_t>(b.size());
        return sum;
    }

private:
    void move_to(std::size_t bytes) {
        blocks_.clear();
        blocks_.emplace_back(*on_, static_cast<Index>(bytes));
        ++moves_;
    }
    std::size_t size_of(std::size_t b) const { return static_cast<std::size_t>(blocks_[b].size()); }
    std::size_t in_use() const {
        std::size_t sum = used_;
        for (std::size_t b = 0; b < block_; ++b) sum += size_of(b);
        return sum;
    }

    P* on_;
    std::vector<Block<std::byte, P>> blocks_;
    std::size_t block_ = 0, used_ = 0, peak_ = 0;
    Index moves_ = 0;
};

/// Ordinary host memory, whatever the policy: shapes and indices are made there.
struct HostPages {
    using Space = space::Host;

    void* allocate(std::size_t bytes) {
        void* memory = std::calloc(1, bytes);
        if (!memory) throw std::bad_alloc();
        return memory;
    }
    void deallocate(void* memory, std::size_t) noexcept { std::free(memory); }
};

/// The arenas of a step. Memory is not zeroed when taken.
template <class P>
class Workspace {
public:
    using Scalar = typename P::Scalar;

    explicit Workspace(P& on) : kept_(on), scratch_(on), numbers_(pages_) {}
    Workspace(const Workspace&) = delete;
    Workspace& operator=(const Workspace&) = delete;

    /// rows x cols that live until `reset`: what a layer's forward returns.
    template <class T = Scalar>
    View<T, typename P::Space> keep(Index rows, Index cols) {
        return {static_cast<T*>(kept_.take(bytes<T>(rows * cols))), rows, cols};
    }
    /// rows x cols that live until the innermost `Frame` ends.
    template <class T = Scalar>
    View<T, typename P::Space> scratch(Index rows, Index cols) {
        return {static_cast<T*>(scratch_.take(bytes<T>(rows * cols))), rows, cols};
    }
    /// A list that lives until `reset`.
    template <class T>
    List<T, typename P::Space> keep_list(Index size) {
        return {static_cast<T*>(kept_.take(bytes<T>(size))), size};
    }
    /// A list that lives until the innermost `Frame` ends.
    template <class T>
    List<T, typename P::Space> scratch_list(Index size) {
        return {static_cast<T*>(scratch_.take(bytes<T>(size))), size};
    }

    /// `count` numbers on the host that live until `reset`: offsets and indices made during a step, to be
    /// passed to the policy's `upload`.
    template <class T = Id>
    std::span<T> numbers(Index count) {
        return {static_cast<T*>(numbers_.take(bytes<T>(count))), static_cast<std::size_t>(count)};
    }

    /// Ends a step.
    void reset() {
        kept_.reset();
        scratch_.reset();
        numbers_.reset();
    }

    /// Makes room for steps `factor` times as large as the largest so far; call between steps.
    void reserve(double factor) {
        kept_.reserve(factor);
        scratch_.reserve(factor);
        numbers_.reserve(factor);
    }

    /// Frees the scratch memory taken in its scope.
    class Frame {
    public:
        explicit Frame(Workspace& work) : arena_(&work.scratch_), mark_(work.scratch_.mark()) {}
        ~Frame() { arena_->release(mark_); }
        Frame(const Frame&) = delete;
        Frame& operator=(const Frame&) = delete;

    private:
        Arena<P>* arena_;
        typename Arena<P>::Mark mark_;
    };

    /// Frees what was kept in its scope: for passes whose activations are recomputed in backward.
    class RecomputeScope {
    public:
        explicit RecomputeScope(Workspace& work) : arena_(&work.kept_), mark_(work.kept_.mark()) {}
        ~RecomputeScope() { arena_->release(mark_); }
        RecomputeScope(const RecomputeScope&) = delete;
        RecomputeScope& operator=(const RecomputeScope&) = delete;

    private:
        Arena<P>* arena_;
        typename Arena<P>::Mark mark_;
    };

    /// Increases when memory of the policy has moved. While it is constant, equal steps use equal addresses.
    Index moves() const { return kept_.moves() + scratch_.moves(); }

    /// Bytes owned by all arenas.
    std::size_t total() const { return kept_.total() + scratch_.total() + numbers_.total(); }

private:
    template <class T>
    static std::size_t bytes(Index count) {
        return static_cast<std::size_t>(std::max<Index>(count, 1)) * sizeof(T);
    }

    HostPages pages_;
    Arena<P> kept_, scratch_;
    Arena<HostPages> numbers_;
};

}  // namespace coco
