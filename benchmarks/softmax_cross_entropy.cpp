// SPDX-License-Identifier: Apache-2.0
// Full-softmax cross-entropy, forward and backward: Beauty's 12,101 items, 64 wide.

#include "meter.hpp"
#include "numbers.hpp"

using namespace coco;

static void softmax_cross_entropy(benchmark::State& state, Index rows, Index width, Index count,
                                  int threads) {
    PolicyUnderTest on = here(threads);
    const Normals<PolicyUnderTest> h(on, rows, width, 1), columns(on, count, width, 0.1);
    Normals<PolicyUnderTest> dh(on, rows, width, 0), dcolumns(on, count, width, 0);
    RandomStream random(2);
    std::vector<Id> positive(static_cast<std::size_t>(rows));
    for (Id& p : positive) p = static_cast<Id>(random.below(static_cast<std::uint32_t>(count)));
    Workspace<PolicyUnderTest> work(on);
    Classes<PolicyUnderTest> classes;
    classes.columns = columns.in();
    classes.positive = on.upload(std::span<const Id>(positive), work);
    Block<float, PolicyUnderTest> loss(on, 1);
    const float scale = 1 / static_cast<float>(rows);
    Meter(state, on, [&] {
        on.softmax_cross_entropy(h.in(), classes, scale, loss.data(), dh.out(), dcolumns.out(), {});
    }).flop(6.0 * static_cast<double>(rows * width * count), on);
}
// The slash is part of the name, not a division.
// clang-format off
BENCHMARK_CAPTURE(softmax_cross_entropy, 6400x64x12101, 6400, 64, 12101, 0)
    ->Unit(benchmark::kMillisecond)
    ->UseManualTime();
BENCHMARK_CAPTURE(softmax_cross_entropy, 6400x64x12101/one_thread, 6400, 64, 12101, 1)
    ->Unit(benchmark::kMillisecond)
    ->UseManualTime();
BENCHMARK_CAPTURE(softmax_cross_entropy, 2275x64x12101, 2275, 64, 12101, 0)
    ->Unit(benchmark::kMillisecond)
    ->UseManualTime();
// clang-format on
