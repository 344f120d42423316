// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>

#include "policy.hpp"

namespace coco {

/// Times the iterations of a benchmark and reports the fastest: other work on the machine can only add time.
class Meter {
public:
    /// Runs `work` for each iteration of `state`, after one run that is not timed.
    template <class Work>
    Meter(benchmark::State& state, const Work& work) : state_(state) {
        measure(work, 1, [] {});
    }
    /// The same for work that is queued on a policy.
    template <class Work>
    Meter(benchmark::State& state, PolicyUnderTest& on, const Work& work) : state_(state) {
        measure(work, repetitions_per_measurement, [&] { finish(on); });
    }
    /// Reports GFLOP/s and the share of the peak of `on`, for `flop` operations per iteration.
    const Meter& flop(double flop, PolicyUnderTest& on) const {
        state_.counters["GFLOP/s"] = flop / best_ * 1e-9;
        state_.counters["percent_of_peak"] = flop / best_ * 1e-7 / limit(on);
        return *this;
    }
    /// Reports microseconds per unit, for `count` units per iteration, as counter `what`.
    const Meter& each(const char* what, double count) const {
        state_.counters[what] = best_ / count * 1e6;
        return *this;
    }
    const Meter& rate(const char* what, double count) const {
        state_.counters[what] = count / best_;
        return *this;
    }

private:
    template <class Work, class Finish>
    void measure(const Work& work, int turns, const Finish& finished) {
        work();
        finished();
        for (auto _ : state_) {
            const auto start = std::chrono::steady_clock::now();
            for (int turn = 0; turn < turns; ++turn) work();
            finished();
            const double seconds =
                std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count() / turns;
            state_.SetIterationTime(seconds);
            best_ = std::min(best_, seconds);
        }
        state_.counters["best_ms"] = best_ * 1e3;
    }

    benchmark::State& state_;
    double best_ = 1e9;
};

}  // namespace coco
