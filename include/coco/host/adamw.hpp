// SPDX-License-Identifier: Apache-2.0
/// \file
/// The optimiser on the host: the sum of squares for clipping, and AdamW over one range. Both pass over
/// memory once, in chunks of fixed size.
#pragma once

#include <algorithm>
#include <cmath>

#include <coco/exec/primitives.hpp>
#include <coco/host/eigen.hpp>
#include <coco/host/pool.hpp>
#include <coco/host/scratch.hpp>

namespace coco::host {
inline namespace COCO_INSTRUCTION_SET {

/// Elements of a range per task: with four arrays at a time, half an L2 cache.
inline constexpr Index adamw_chunk = 1 << 15;

/// *sum += the sum of squares of x, accumulated in double.
template <class T>
void squared_norm(Pool& pool, List<const T, space::Host> x, T* sum) {
    const Index tasks = (x.size + adamw_chunk - 1) / adamw_chunk;
    const Scratch scratch;
    double* const partial = scratch.take<double>(tasks);
    pool.run(tasks, [&](Index task) {
        constexpr Index lanes = 16;
        const T* const at = x.data + task * adamw_chunk;
        const Index n = std::min(adamw_chunk, x.size - task * adamw_chunk);
        double lane[lanes] = {}, total = 0;
        Index i = 0;
        for (; i + lanes <= n; i += lanes)
            for (Index k = 0; k < lanes; ++k) {
                const double value = static_cast<double>(at[i + k]);
                lane[k] += value * value;
            }
        for (; i < n; ++i) total += static_cast<double>(at[i]) * static_cast<double>(at[i]);
        for (const double l : lane) total += l;
        partial[task] = total;
    });
    double total = 0;
    for (Index task = 0; task < tasks; ++task) total += partial[task];
    *sum += static_cast<T>(total);
}

/// One AdamW step (Loshchilov and Hutter, ICLR 2019, algorithm 2) over a range. The order of operations is
/// PyTorch's: value shrinks by rate * decay, then moves by rate * m^ / (sqrt(v^) + epsilon).
template <class T>
void adamw(Pool& pool, const AdamWStep& step, List<T, space::Host> value, List<const T, space::Host> gradient,
           List<T, space::Host> first, List<T, space::Host> second, const T* scale) {
    const double power = static_cast<double>(step.step);
    const double correct1 = 1 - std::pow(step.beta1, power), correct2 = 1 - std::pow(step.beta2, power);
    const T clip = scale ? *scale : T(1);
    const T beta1 = static_cast<T>(step.beta1), beta2 = static_cast<T>(step.beta2);
    const T rest1 = static_cast<T>(1 - step.beta1), rest2 = static_cast<T>(1 - step.beta2);
    const T shrink = static_cast<T>(1 - step.rate * step.decay), move = static_cast<T>(step.rate / correct1);
    const T root = static_cast<T>(1 / std::sqrt(correct2)), epsilon = static_cast<T>(step.epsilon);
    // Eigen rather than a plain loop: std::sqrt must set errno, which keeps compilers from vectorising it.
    using Array = Eigen::Array<T, Eigen::Dynamic, 1>;
    const auto move_all = [&](const T* gradients, T* values, T* firsts, T* seconds, Index n) {
        const Eigen::Map<const Array> g(gradients, n);
        Eigen::Map<Array> x(values, n), m(firsts, n), v(seconds, n);
        m = beta1 * m + (rest1 * clip) * g;
        v = beta2 * v + rest2 * (clip * g).square();
        x = shrink * x - move * m / (v.sqrt() * root + epsilon);
    };
    pool.run((value.size + adamw_chunk - 1) / adamw_chunk, [&](Index task) {
        const Index end = std::min(value.size, (task + 1) * adamw_chunk);
        constexpr Index piece = 1024, lanes = 16;
        for (Index i = task * adamw_chunk; i < end; i += piece) {
            const Index n = std::min(piece, end - i), rest = n % lanes, at = i + n - rest;
            move_all(gradient.data + i, value.data + i, first.data + i, second.data + i, n - rest);
            if (rest == 0) continue;
            // The last few in a whole vector as well: its root is approximate, and an element moves alike
            // wherever it stands, in the table or among packed rows.
            alignas(64) T g[lanes] = {}, x[lanes] = {}, m[lanes] = {}, v[lanes] = {};
            std::copy_n(gradient.data + at, rest, g);
            std::copy_n(value.data + at, rest, x);
            std::copy_n(first.data + at, rest, m);
            std::copy_n(second.data + at, rest, v);
            move_all(g, x, m, v, lanes);
            std::copy_n(x, rest, value.data + at);
            std::copy_n(m, rest, first.data + at);
            std::copy_n(v, rest, second.data + at);
        }
    });
}

}  // namespace COCO_INSTRUCTION_SET
}  // namespace coco::host
