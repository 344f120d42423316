// SPDX-License-Identifier: Apache-2.0
/// \file
/// Observes a run: progress on the terminal, seconds and interactions for the report, and Ctrl-C.
#pragma once

#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <thread>

#include <coco/train/progress.hpp>

namespace experiment {

using coco::Index;
using coco::Progress;
using coco::TrainingStage;

/// Thrown by an evaluation of its own after Ctrl-C; training, with its validation, stops and throws nothing.
struct Interrupted {};

/// Whether Ctrl-C has been pressed.
inline std::atomic<bool> interrupted = false;

/// After this call the first Ctrl-C requests that the run stops, and the second ends the program. Must be
/// called before threads are created: the signal is blocked in all of them and received by a thread that does
/// nothing else, so that no computing thread is ever interrupted.
inline void catch_interrupts() {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    std::thread([signals] {
        int number = 0;
        sigwait(&signals, &number);
        interrupted = true;
        sigwait(&signals, &number);
        std::_Exit(130);
    }).detach();
}

/// A bar on a terminal, otherwise one line per epoch.
inline coco::ProgressSink display(bool quiet) { return quiet ? coco::silent() : coco::progress_bar(stderr); }

/// A callback for `evaluate`: shows cases done, their rate and the time left on a terminal.
/// Throws `Interrupted` after Ctrl-C.
inline std::function<void(Index)> evaluation(const std::string& name, Index all, bool quiet) {
    using Clock = std::chrono::steady_clock;
    const bool shown = !quiet && ::isatty(STDERR_FILENO) != 0;
    return [name, all, shown, start = Clock::now()](Index done) {
        if (shown) {
            const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
            const double rate = seconds > 0 ? static_cast<double>(done) / seconds : 0;
            std::fprintf(stderr, "\r\033[K%s %lld/%lld  %.0f/s  %.0f s left", name.c_str(),
                         static_cast<long long>(done), static_cast<long long>(all), rate,
                         rate > 0 ? static_cast<double>(all - done) / rate : 0.0);
            if (done == all) std::fputs("\r\033[K", stderr);
            std::fflush(stderr);
        }
        if (interrupted) throw Interrupted();
    };
}

/// Seconds and interactions of training; seconds of evaluations separately.
struct Effort {
    double train_seconds[2] = {0, 0};  ///< one per training stage
    double valid_seconds[2] = {0, 0};
    double targets[2] = {0, 0};  ///< interactions trained: (history, next item) pairs

    double interactions_per_second(TrainingStage stage) const {
        const int p = stage.uses_knowledge() ? 1 : 0;
        return train_seconds[p] > 0 ? targets[p] / train_seconds[p] : 0;
    }
};

/// A progress sink that displays, measures, and stops after Ctrl-C or if `on_epoch` returns false.
template <class Trainer>
class Watch {
public:
    using Clock = std::chrono::steady_clock;

    /// \param on_epoch  called after each epoch; if it returns false `fit` ends
    Watch(const Trainer& trainer, coco::ProgressSink show, std::function<bool(const Progress&)> on_epoch)
        : trainer_(trainer), show_(std::move(show)), on_epoch_(std::move(on_epoch)) {}

    bool operator()(const Progress& p) {
        const Clock::time_point now = Clock::now();
        const int stage = p.stage.uses_knowledge() ? 1 : 0;
        const double seconds = std::chrono::duration<double>(now - mark_).count();
        mark_ = now;
        (p.kind == Progress::Kind::step ? effort_.train_seconds : effort_.valid_seconds)[stage] += seconds;
        bool go_on = show_(p);
        if (p.kind == Progress::Kind::epoch) {
            effort_.targets[stage] += static_cast<double>(trainer_.state().diagnostics.targets);
            go_on = on_epoch_(p) && go_on;
            mark_ = Clock::now();
        }
        return go_on && !interrupted;
    }

    const Effort& effort() const { return effort_; }

private:
    const Trainer& trainer_;
    coco::ProgressSink show_;
    std::function<bool(const Progress&)> on_epoch_;
    Clock::time_point mark_ = Clock::now();
    Effort effort_;
};

}  // namespace experiment
