// SPDX-License-Identifier: Apache-2.0
// The k best of Beauty's 12,101 items for 256 users at a time, each with 9 items of its own left out.

#include "meter.hpp"
#include "numbers.hpp"

using namespace coco;

static void rank(benchmark::State& state, Index users, Index k) {
    constexpr Index width = 64, items = 12101, history = 9;
    Here on = here();
    const Normals<Here> h(on, users, width, 1), columns(on, items, width, 0.1);
    Normals<Here> scores(on, users, std::max<Index>(k, 1), 0);
    Block<Id, Here> best(on, users * std::max<Index>(k, 1));
    Offsets of_row;
    std::vector<Id> item, target;
    for (Index u = 0; u < users; ++u) {
        for (Index j = 0; j < history; ++j) item.push_back(static_cast<Id>(j * 1300 + u % 1300));
        of_row.push(history);
        target.push_back(static_cast<Id>(u));
    }
    Workspace<Here> work(on);
    Seen<Here> seen;
    seen.of_row = segments(on, of_row, work);
    seen.item = on.bring(std::span<const Id>(item), work);
    const Ids<Here> targets = on.bring(std::span<const Id>(target), work);
    Meter(state, on,
          [&] {
              if (k > 0)
                  on.rank(h.in(), columns.in(), {}, seen, k, best.list(), scores.out());
              else
                  on.place(h.in(), columns.in(), {}, seen, targets, scores.out());
          })
        .flop(2.0 * static_cast<double>(users * width * items), on)
        .rate("users_per_s", static_cast<double>(users));
}
// A slash in a name is no division.
// clang-format off
BENCHMARK_CAPTURE(rank, 12101, 256, 10)->Unit(benchmark::kMicrosecond)->UseManualTime();
BENCHMARK_CAPTURE(rank, 12101/best_100, 256, 100)->Unit(benchmark::kMicrosecond)->UseManualTime();
BENCHMARK_CAPTURE(rank, 12101/place, 256, 0)->Unit(benchmark::kMicrosecond)->UseManualTime();
BENCHMARK_CAPTURE(rank, 12101/one_user, 1, 10)->Unit(benchmark::kMicrosecond)->UseManualTime();
// clang-format on
