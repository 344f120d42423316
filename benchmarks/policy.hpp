// SPDX-License-Identifier: Apache-2.0
/// \file
/// Selects where the benchmarks run: on the host or, if the build says so, on a GPU. Their sources are the
/// same.
#pragma once

#if defined(COCO_BENCHMARKS_ON_DEVICE)
#include <coco/cuda/cuda.cuh>

#include "device/peak.cuh"
#else
#include <coco/host/host.hpp>

#include "peak.hpp"
#endif

namespace coco {

#if defined(COCO_BENCHMARKS_ON_DEVICE)

using PolicyUnderTest = Cuda;

/// How often work is queued per time measurement, so that the cost of waiting is shared.
inline constexpr int repetitions_per_measurement = 10;

/// \param threads  of the host; ignored on a GPU
inline PolicyUnderTest here(int /*threads*/ = 0) { return PolicyUnderTest(); }
/// Waits until all that was queued has run.
inline void finish(PolicyUnderTest& on) { on.device().wait(); }
/// GFLOP/s that the policy can reach.
inline double limit(PolicyUnderTest& on) { return device_peak(on); }

#else

using PolicyUnderTest = Host;
inline constexpr int repetitions_per_measurement = 1;

/// \param threads  0 uses all
inline PolicyUnderTest here(int threads = 0) { return PolicyUnderTest(threads); }
inline void finish(PolicyUnderTest&) {}
inline double limit(PolicyUnderTest& on) { return peak_of_a_thread() * on.threads(); }

#endif

}  // namespace coco
