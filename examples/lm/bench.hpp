// SPDX-License-Identifier: Apache-2.0
/// \file
/// `lm bench`: tokens per second, of prompts (pp) and of generation (tg), in the columns of the usual llama
/// bench.
#pragma once

#include <chrono>
#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

#include "session.hpp"

namespace lm {

struct BenchOptions {
    std::vector<Index> read{512}, written{128};
    std::vector<int> threads;
    int repeat = 5;
};

inline void bench_header() {
    std::printf("| model | size | params | backend | threads | test | t/s |\n");
    std::printf("| --- | ---: | ---: | --- | ---: | ---: | ---: |\n");
}

/// Times one number of threads, after a run that is not counted.
inline void bench(const std::string& row, Session& session, const BenchOptions& options) {
    using Clock = std::chrono::steady_clock;
    const auto measure = [&](const char* kind, Index tokens, const auto& action) {
        if (tokens <= 0) return;
        double sum = 0, squares = 0;
        for (int r = 0; r <= options.repeat; ++r) {
            const auto start = Clock::now();
            action();
            const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
            const double rate = static_cast<double>(tokens) / seconds;
            if (r > 0) sum += rate, squares += rate * rate;
        }
        const double n = options.repeat, mean = sum / n;
        const double deviation = n > 1 ? std::sqrt(std::max(0.0, (squares - n * mean * mean) / (n - 1))) : 0;
        std::printf("| %s | %d | %s%lld | %.2f ± %.2f |\n", row.c_str(), session.on.threads(), kind,
                    static_cast<long long>(tokens), mean, deviation);
        std::fflush(stdout);
    };
    const Index vocabulary = session.decoder.config().vocabulary;
    const auto text = [&](Index tokens) {
        std::vector<Id> token(static_cast<std::size_t>(tokens));
        coco::RandomStream random(1);
        for (Id& t : token) t = static_cast<Id>(random.below(static_cast<std::uint32_t>(vocabulary)));
        return token;
    };
    for (const Index tokens : options.read) {
        const std::vector<Id> token = text(tokens);
        measure("pp", tokens, [&] {
            session.work.reset();
            coco::llm::Generation one;
            one.max_tokens = 1;
            session.generate(token, one, {});
        });
    }
    for (const Index tokens : options.written)
        measure("tg", tokens, [&] {
            coco::llm::Generation how;
            how.max_tokens = tokens;
            session.generate({text(1)}, how, {});
        });
}

}  // namespace lm
