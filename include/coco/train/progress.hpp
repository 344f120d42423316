// SPDX-License-Identifier: Apache-2.0
/// \file
/// Progress reports of a long run. A sink is any callable that takes a `Progress` and returns whether to
/// continue.
#pragma once

#include <stdio.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <functional>
#include <ostream>
#include <string>

#include <coco/core/types.hpp>
#include <coco/sampling/stage.hpp>

namespace coco {

/// The state of training at one report.
struct Progress {
    enum class Kind : std::uint8_t { step, evaluation, epoch } kind = Kind::step;
    TrainingStage stage = TrainingStage::behaviour;
    Index epoch = 0, epochs = 0;  ///< current epoch, from 1, and maximum number of epochs
    Index done = 0, all = 0;      ///< steps (or cases) done and in total, in this epoch
    double loss = 0;              ///< mean total loss of the epoch so far; only for kind `epoch`
    double valid = 0;             ///< N@10 on validation; only for kind `epoch`
    bool best = false;            ///< only for kind `epoch`: the best so far
};

/// Returns false to stop after the step just done, or in the evaluation that is going on.
using ProgressSink = std::function<bool(const Progress&)>;

/// Prints nothing, never stops.
inline ProgressSink silent() {
    return [](const Progress&) { return true; };
}

/// Thrown by a callback where the sink stops an evaluation; `Trainer::fit` catches it.
struct EvaluationStopped {};

/// A callback for evaluations that tells the sink of cases done, `all` in total.
/// \throws EvaluationStopped where the sink returns false
/// \param progress, sink  must outlive the result
inline auto evaluating(Progress& progress, Index all, const ProgressSink& sink) {
    progress.kind = Progress::Kind::evaluation;
    progress.all = all;
    return [&progress, &sink](Index done) {
        progress.done = done;
        if (!sink(progress)) throw EvaluationStopped();
    };
}

/// On a terminal one progress bar, with steps per second and the time left, redrawn at most ten times per
/// second; everywhere one line per epoch.
inline ProgressSink progress_bar(std::FILE* out = stderr) {
    using Clock = std::chrono::steady_clock;
    struct State {
        Clock::time_point start = Clock::now(), drawn{};
        Index epoch = -1, first = 0;
        Progress::Kind kind = Progress::Kind::epoch;
        TrainingStage stage = TrainingStage::behaviour;
    };
    const bool terminal = ::isatty(::fileno(out)) != 0;
    return [out, terminal, s = State{}](const Progress& p) mutable {
        const auto now = Clock::now();
        const std::string name(p.stage.name());
        if (p.kind == Progress::Kind::epoch) {
            std::fprintf(out, "%s%s epoch %lld/%lld  loss %.4f  valid N@10 %.4f%s\n",
                         terminal ? "\r\033[K" : "", name.c_str(), static_cast<long long>(p.epoch),
                         static_cast<long long>(p.epochs), p.loss, p.valid, p.best ? "  best" : "");
            std::fflush(out);
            s.epoch = -1;
            return true;
        }
        if (!terminal) return true;
        if (p.epoch != s.epoch || p.kind != s.kind || p.stage != s.stage) {
            s = {now, {}, p.epoch, p.done, p.kind, p.stage};
        }
        if (now - s.drawn < std::chrono::milliseconds(100) && p.done < p.all) return true;
        s.drawn = now;
        const double seconds = std::chrono::duration<double>(now - s.start).count();
        const double rate = seconds > 0 ? static_cast<double>(p.done - s.first) / seconds : 0;
        const double left = rate > 0 ? static_cast<double>(p.all - p.done) / rate : 0;
        constexpr int width = 28;
        const int full = p.all > 0 ? static_cast<int>(width * p.done / p.all) : width;
        std::string bar(static_cast<std::size_t>(full), '#');
        bar.resize(width, '.');
        std::fprintf(out, "\r\033[K%s epoch %lld/%lld %s [%s] %lld/%lld  %.1f/s  %.0f s left", name.c_str(),
                     static_cast<long long>(p.epoch), static_cast<long long>(p.epochs),
                     p.kind == Progress::Kind::step ? "train" : "valid", bar.c_str(),
                     static_cast<long long>(p.done), static_cast<long long>(p.all), rate, left);
        std::fflush(out);
        return true;
    };
}

}  // namespace coco
