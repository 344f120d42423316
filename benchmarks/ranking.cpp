// SPDX-License-Identifier: Apache-2.0
// The k best of Beauty's 12,101 items for 256 users at a time, with 9 items excluded per user.

#include "meter.hpp"
#include "numbers.hpp"

using namespace coco;

static void top_k(benchmark::State& state, Index users, Index k) {
    constexpr Index width = 64, items = 12101, history = 9;
    PolicyUnderTest on = here();
    const Normals<PolicyUnderTest> h(on, users, width, 1), columns(on, items, width, 0.1);
    Normals<PolicyUnderTest> scores(on, users, std::max<Index>(k, 1), 0);
    Block<Id, PolicyUnderTest> best(on, users * std::max<Index>(k, 1));
    Offsets of_row;
    std::vector<Id> item, target;
    for (Index u = 0; u < users; ++u) {
        for (Index j = 0; j < history; ++j) item.push_back(static_cast<Id>(j * 1300 + u % 1300));
        of_row.push(history);
        target.push_back(static_cast<Id>(u));
    }
    Workspace<PolicyUnderTest> work(on);
    ExcludedItems<PolicyUnderTest> excluded;
    excluded.of_row = segments(on, of_row, work);
    excluded.item = on.upload(std::span<const Id>(item), work);
    const Ids<PolicyUnderTest> targets = on.upload(std::span<const Id>(target), work);
    Meter(state, on,
          [&] {
              if (k > 0)
                  on.top_k(h.in(), columns.in(), {}, excluded, k, best.list(), scores.out());
              else
                  on.target_rank(h.in(), columns.in(), {}, excluded, targets, scores.out());
          })
        .flop(2.0 * static_cast<double>(users * width * items), on)
        .rate("users_per_s", static_cast<double>(users));
}
// The slash is part of the name, not a division.
// clang-format off
BENCHMARK_CAPTURE(top_k, 12101, 256, 10)->Unit(benchmark::kMicrosecond)->UseManualTime();
BENCHMARK_CAPTURE(top_k, 12101/best_100, 256, 100)->Unit(benchmark::kMicrosecond)->UseManualTime();
BENCHMARK_CAPTURE(top_k, 12101/place, 256, 0)->Unit(benchmark::kMicrosecond)->UseManualTime();
BENCHMARK_CAPTURE(top_k, 12101/one_user, 1, 10)->Unit(benchmark::kMicrosecond)->UseManualTime();
// clang-format on
