// SPDX-License-Identifier: Apache-2.0
// Full-softmax cross-entropy, forward and backward: Beauty's 12,101 items, 64 wide.
#include <random>
#include <vector>

#include <coco/host/host.hpp>

#include "peak.hpp"

using namespace coco;

static void classify(benchmark::State& state) {
    const Index rows = state.range(0), width = state.range(1), count = state.range(2);
    Host on;
    Block<float, Host> h(on, rows * width), columns(on, count * width), dh(on, rows * width), dc(on, count * width);
    std::mt19937 random(1);
    std::normal_distribution<float> normal(0, 0.3f);
    for (Index i = 0; i < h.size(); ++i) h.data()[i] = normal(random);
    for (Index i = 0; i < columns.size(); ++i) columns.data()[i] = normal(random);
    std::vector<Id> positive(static_cast<std::size_t>(rows));
    for (Id& p : positive) p = static_cast<Id>(random() % static_cast<unsigned>(count));
    Classes<Host> classes;
    classes.columns = std::as_const(columns).view(count, width);
    classes.positive = on.bring(std::span<const Id>(positive));
    float loss = 0;
    for (auto _ : state)
        on.classify(std::as_const(h).view(rows, width), classes, 1.0f / static_cast<float>(rows), &loss,
                    dh.view(rows, width), dc.view(count, width), {});
    benchmark::DoNotOptimize(loss);
    count_flop(state, 6.0 * static_cast<double>(rows * width * count), on.threads());
}
BENCHMARK(classify)->Name("classify")->Args({6400, 64, 12101})->Args({2275, 64, 12101})->Unit(benchmark::kMillisecond)->UseRealTime();
