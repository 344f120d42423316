// SPDX-License-Identifier: Apache-2.0
// Attention, forward and backward, at the two relevant shapes: short histories, and texts behind a prompt.

#include "meter.hpp"
#include "numbers.hpp"

using namespace coco;

struct AttendCase {
    Offsets lengths;
    Index heads, kv_heads, head, prefix;
    double dropout;
};

/// Histories of lengths like those of Beauty: most are short, few reach 50; 8 on average.
static AttendCase sasrec(double dropout) {
    AttendCase c{{}, 2, 2, 32, 0, dropout};
    RandomStream random(3);
    for (int s = 0; s < 250; ++s) {
        const double u = random.uniform();
        c.lengths.push(std::min<Index>(50, 4 + static_cast<Index>(3.2 / (0.06 + u) - 3)));
    }
    return c;
}
/// 16 texts of 64-128 tokens behind an instruction of 21.
static AttendCase smollm2() {
    AttendCase c{{}, 9, 3, 64, 21, 0};
    RandomStream random(4);
    c.lengths.push(21);
    for (int s = 0; s < 16; ++s) c.lengths.push(64 + random.below(65));
    return c;
}
static AttendCase one_text(Index rows) {
    AttendCase c{{}, 9, 3, 64, 0, 0};
    c.lengths.push(rows);
    return c;
}

static void attend(benchmark::State& state, const AttendCase& c, bool backward) {
    PolicyUnderTest on = here();
    const Index rows = c.lengths.rows();
    const Normals<PolicyUnderTest> q(on, rows, c.heads * c.head, 1, 1),
        k(on, rows, c.kv_heads * c.head, 1, 2), v(on, rows, c.kv_heads * c.head, 1, 3),
        dout(on, rows, c.heads * c.head, 1, 4);
    Normals<PolicyUnderTest> out(on, rows, c.heads * c.head, 0), statistics(on, rows, c.heads, 0),
        dq(on, rows, q.cols, 0), dk(on, rows, k.cols, 0), dv(on, rows, v.cols, 0);
    std::vector<Id> row_key(static_cast<std::size_t>(rows));
    for (std::size_t i = 0; i < row_key.size(); ++i) row_key[i] = static_cast<Id>(i);
    Workspace<PolicyUnderTest> work(on);
    Attention<PolicyUnderTest> shape;
    shape.queries = shape.keys = segments(on, c.lengths, work);
    shape.heads = c.heads;
    shape.kv_heads = c.kv_heads;
    shape.scale = 0.125f;
    shape.causal = true;
    shape.prefix = c.prefix;
    shape.dropout = c.dropout;
    shape.row_key = on.upload(std::span<const Id>(row_key), work);
    double pairs = 0;
    for (std::size_t s = 0; s + 1 < c.lengths.at.size(); ++s) {
        const double n = c.lengths.at[s + 1] - c.lengths.at[s];
        pairs += n * (n + 1) / 2 + (s > 0 ? n * static_cast<double>(c.prefix) : 0);
    }
    on.attend(shape, {q.in(), k.in(), v.in(), {}, {}}, out.out(), statistics.out());
    Meter(state, on,
          [&] {
              if (backward)
                  on.attend_backward(shape, {q.in(), k.in(), v.in(), {}, {}}, std::as_const(out).in(),
                                     std::as_const(statistics).in(), dout.in(),
                                     {dq.out(), dk.out(), dv.out(), {}, {}});
              else
                  on.attend(shape, {q.in(), k.in(), v.in(), {}, {}}, out.out(), statistics.out());
          })
        .flop((backward ? 10.0 : 4.0) * pairs * static_cast<double>(c.heads * c.head), on)
        .each("us_per_row", static_cast<double>(rows));
}
// The slash is part of the name, not a division.
// clang-format off
#define COCO_ATTEND(name, shape)                                                                             \
    BENCHMARK_CAPTURE(attend, name/forward, shape, false)->Unit(benchmark::kMicrosecond)->UseManualTime(); \
    BENCHMARK_CAPTURE(attend, name/backward, shape, true)->Unit(benchmark::kMicrosecond)->UseManualTime()
COCO_ATTEND(sasrec, sasrec(0));
COCO_ATTEND(sasrec_dropout, sasrec(0.5));
COCO_ATTEND(smollm2, smollm2());
COCO_ATTEND(one_text_of_2048, one_text(2048));
// clang-format on
