// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <chrono>

#include <coco/cuda/cuda.cuh>

#include "../numbers.hpp"

namespace coco {

/// Seconds that a piece of work takes on a GPU: the best of several measurements of ten repetitions each.
template <class P, class Work>
double device_seconds(P& on, const Work& work) {
    work();
    on.device().wait();
    double best = 1e9;
    for (int attempt = 0; attempt < 5; ++attempt) {
        const auto start = std::chrono::steady_clock::now();
        for (int turn = 0; turn < 10; ++turn) work();
        on.device().wait();
        best = std::min(best,
                        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count() / 10);
    }
    return best;
}

/// GFLOP/s of cuBLAS in products of 4096 x 4096 numbers in the policy's own arithmetic, against which kernels
/// are compared. Measured once.
template <class P>
double device_peak(P& on) {
    static const double peak = [&] {
        constexpr Index n = 4096;
        const Normals<P> a(on, n, n, 1), b(on, n, n, 1, 2);
        Normals<P> out(on, n, n, 0);
        const double seconds =
            device_seconds(on, [&] { on.multiply(a.in(), Op::plain, b.in(), Op::transposed, out.out()); });
        return 2.0 * n * n * n / seconds * 1e-9;
    }();
    return peak;
}

}  // namespace coco
