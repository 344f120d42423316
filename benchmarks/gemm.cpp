// SPDX-License-Identifier: Apache-2.0
// Matrix products of the host at the shapes of a SASRec step and of SmolLM2's layers.

#include "meter.hpp"
#include "numbers.hpp"

using namespace coco;

static void gemm(benchmark::State& state, Index rows, Index cols, Index inner, Op op_a, Op op_b,
                 int threads) {
    PolicyUnderTest on = here(threads);
    const bool plain_a = op_a == Op::plain, plain_b = op_b == Op::plain;
    const Normals<PolicyUnderTest> a(on, plain_a ? rows : inner, plain_a ? inner : rows, 1),
        b(on, plain_b ? inner : cols, plain_b ? cols : inner, 1);
    Normals<PolicyUnderTest> out(on, rows, cols, 0);
    Meter(state, on, [&] {
        on.multiply(a.in(), op_a, b.in(), op_b, out.out());
    }).flop(2.0 * static_cast<double>(rows * cols * inner), on);
}
// The slash is part of the name, not a division.
// clang-format off
#define COCO_GEMM(m, n, k)                                                             \
    BENCHMARK_CAPTURE(gemm, m##x##n##x##k/NN, m, n, k, Op::plain, Op::plain, 0)      \
        ->Unit(benchmark::kMicrosecond)                                                \
        ->UseManualTime();                                                             \
    BENCHMARK_CAPTURE(gemm, m##x##n##x##k/NT, m, n, k, Op::plain, Op::transposed, 0) \
        ->Unit(benchmark::kMicrosecond)                                                \
        ->UseManualTime();                                                             \
    BENCHMARK_CAPTURE(gemm, m##x##n##x##k/TN, m, n, k, Op::transposed, Op::plain, 0) \
        ->Unit(benchmark::kMicrosecond)                                                \
        ->UseManualTime()
COCO_GEMM(6400, 64, 64);
COCO_GEMM(6400, 256, 64);
COCO_GEMM(64, 256, 6400);
COCO_GEMM(1024, 1536, 576);
COCO_GEMM(1024, 576, 1536);
COCO_GEMM(576, 576, 1024);
// clang-format on
