// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>

#include <coco/host/product.hpp>

namespace coco {

/// GFLOP/s of one thread in a loop of multiply-adds that accesses no memory: the maximum of this machine with
/// the instruction set that was compiled for. Measured once, the best of many tries.
inline double peak_of_a_thread() {
    static const double peak = [] {
        typedef float Vector __attribute__((vector_size(host::vector_bytes)));
        constexpr int chains = 12, turns = 20000;
        Vector sum[chains];
        for (Vector& s : sum) s = Vector{} + 1.0f;
        const Vector factor = Vector{} + 0.999f, term = Vector{} + 0.001f;
        double best = 1e9;
        for (int attempt = 0; attempt < 100; ++attempt) {
            const auto start = std::chrono::steady_clock::now();
            for (int turn = 0; turn < turns; ++turn) {
#pragma GCC unroll 12
                for (int c = 0; c < chains; ++c) sum[c] = sum[c] * factor + term;
            }
            benchmark::DoNotOptimize(sum);
            best = std::min(best,
                            std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
        }
        return 2.0 * turns * chains * static_cast<double>(host::lanes<float>) / best * 1e-9;
    }();
    return peak;
}

}  // namespace coco
