// SPDX-License-Identifier: Apache-2.0
/// \file
/// Row kernels on the host: one thread computes a row, its SIMD lanes the columns. Rows are distributed in
/// chunks of fixed size and sums have a fixed shape, so results are bit-identical for any number of threads.
#pragma once

#include <algorithm>
#include <cstddef>

#include <coco/host/pool.hpp>
#include <coco/host/scratch.hpp>
#include <coco/store/view.hpp>

#if defined(__GNUC__) && !defined(__clang__)
#define COCO_LANES _Pragma("GCC ivdep")
#else
#define COCO_LANES
#endif

namespace coco::host {
inline namespace COCO_INSTRUCTION_SET {

/// The operations that a row kernel applies to its row.
template <class T>
struct Row {
    static constexpr Index lanes = 64 / sizeof(T);

    /// f(j) for j < n; the calls must not depend on each other.
    template <class F>
    COCO_INLINE void each(Index n, const F& f) const {
        // Blocks of a fixed length: g++ -O2 vectorises no other loop.
        Index j = 0;
        for (; j + lanes <= n; j += lanes) {
            COCO_LANES
            for (Index k = 0; k < lanes; ++k) f(j + k);
        }
        for (; j < n; ++j) f(j);
    }
    /// Sum of f(j), j < n.
    template <class F>
    COCO_INLINE T sum(Index n, const F& f) const {
        T lane[std::size_t{lanes}] = {};
        Index j = 0;
        for (; j + lanes <= n; j += lanes)
            for (Index k = 0; k < lanes; ++k) lane[k] += f(j + k);
        T total = 0;
        for (; j < n; ++j) total += f(j);
        for (Index width = lanes / 2; width > 0; width /= 2)
            for (Index k = 0; k < width; ++k) lane[k] += lane[k + width];
        return total + lane[0];
    }
    /// Largest f(j), j < n; n >= 1.
    template <class F>
    COCO_INLINE T max(Index n, const F& f) const {
        T maximum = 0;
        Index j = 0;
        if (n < lanes) {
            maximum = f(j++);
        } else {
            T lane[std::size_t{lanes}];
            for (Index k = 0; k < lanes; ++k) lane[k] = f(k);
            for (j = lanes; j + lanes <= n; j += lanes)
                for (Index k = 0; k < lanes; ++k) {
                    const T x = f(j + k);
                    lane[k] = x > lane[k] ? x : lane[k];
                }
            maximum = lane[0];
            for (const T x : lane) maximum = x > maximum ? x : maximum;
        }
        for (; j < n; ++j) {
            const T x = f(j);
            maximum = x > maximum ? x : maximum;
        }
        return maximum;
    }
};

/// Minimum number of elements per task: some microseconds of work.
inline constexpr Index task_elements = 32768;

template <class T, class Kernel>
void for_each_row(Pool& pool, Index count, Index width, const Kernel& kernel) {
    const Index chunk = std::max<Index>(1, task_elements / std::max<Index>(1, width));
    pool.run((count + chunk - 1) / chunk, [&](Index task) {
        const Index end = std::min(count, (task + 1) * chunk);
        for (Index i = task * chunk; i < end; ++i) kernel(i, Row<T>{});
    });
}

/// out(0, j) += sum over i of kernel(i, j). Partial sums of fixed row counts are added in order.
template <class T, class Kernel>
void reduce(Pool& pool, Index count, View<T, space::Host> out, const Kernel& kernel) {
    const Index chunk = 256, tasks = (count + chunk - 1) / chunk, cols = out.cols;
    const Scratch scratch;
    T* const partial = scratch.take<T>(tasks * cols);
    pool.run(tasks, [&](Index task) {
        T* const sum = partial + task * cols;
        std::fill(sum, sum + cols, T(0));
        const Index end = std::min(count, (task + 1) * chunk);
        for (Index i = task * chunk; i < end; ++i) {
            COCO_LANES
            for (Index j = 0; j < cols; ++j) sum[j] += kernel(i, j);
        }
    });
    for (Index task = 0; task < tasks; ++task)
        for (Index j = 0; j < cols; ++j) out.data[j] += partial[task * cols + j];
}

}  // namespace COCO_INSTRUCTION_SET
}  // namespace coco::host
