// SPDX-License-Identifier: Apache-2.0
/// \file
/// The conformance test of a scorer: the list of the best and the rank of an item agree, excluded items are
/// in no list, and every item is ranked or said not to be.
///
///     coco::conformance::scorer(ctx, model.score(ctx, batch), targets, items);
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include <coco/pipeline/scorer.hpp>
#include <coco/store/ragged.hpp>

#include "batch.hpp"
#include "catch.hpp"
#include "numbers.hpp"

namespace coco::conformance {

/// What `top_k` answers.
struct BestList {
    std::vector<Id> item;
    Numbers score;
};

template <class P, class S>
BestList best_list(Context<P>& ctx, const S& scorer, Index targets, Index k,
                   const ExcludedItems<P>& excluded) {
    const std::vector<Id> zeros(static_cast<std::size_t>(targets * k), 0);
    const MutableIds<P> best = ctx.work.template keep_list<Id>(targets * k);
    const Rows<P> scores = ctx.work.keep(targets, k);
    scorer.top_k(ctx, excluded, k, best, scores);
    BestList out{zeros, downloaded<P>(ctx.on, scores)};
    ctx.on.download(List<const Id, typename P::Space>(best), out.item.data());
    return out;
}

/// \param targets, items  rows of the scorer, and items of the catalogue (not more than a few dozen)
template <class P, class S>
void scorer(Context<P>& ctx, const S& s, Index targets, Index items) {
    static_assert(Scorer<S, P>);
    const auto row = [items](Index t, Index j) { return static_cast<std::size_t>(t * items + j); };
    const BestList all = best_list<P>(ctx, s, targets, items, {});
    // The ranks of every item, one item of each row at a time.
    std::vector<double> rank(static_cast<std::size_t>(targets * items));
    for (Index i = 0; i < items; ++i) {
        const std::vector<Id> target(static_cast<std::size_t>(targets), static_cast<Id>(i));
        const Rows<P> places = ctx.work.keep(targets, 1);
        s.target_rank(ctx, {}, ids(ctx.on, ctx.work, std::span<const Id>(target)), places);
        const Numbers found = downloaded<P>(ctx.on, places);
        for (Index t = 0; t < targets; ++t) rank[row(t, i)] = found[static_cast<std::size_t>(t)];
    }
    for (Index t = 0; t < targets; ++t) {
        INFO("target row " << t);
        for (Index j = 0; j < items; ++j) {
            const Id item = all.item[row(t, j)];
            if (item == no_id) {
                CHECK((j == items - 1 || all.item[row(t, j + 1)] == no_id));
                continue;
            }
            Index equal = 0;
            for (Index other = 0; other < items; ++other)
                equal += all.item[row(t, other)] != no_id && all.score[row(t, other)] == all.score[row(t, j)];
            CHECK(std::abs(rank[row(t, item)] - static_cast<double>(j + 1)) <=
                  static_cast<double>(equal - 1));
            if (j > 0) CHECK(all.score[row(t, j - 1)] >= all.score[row(t, j)]);
        }
        for (Index i = 0; i < items; ++i) {
            const auto begin = all.item.begin() + t * items;
            const auto times = std::count(begin, begin + items, static_cast<Id>(i));
            CHECK(times == (std::isinf(rank[row(t, i)]) ? 0 : 1));
        }
    }
    // Without each row's first item, the list is the same from its second on.
    Offsets of_row;
    std::vector<Id> first;
    for (Index t = 0; t < targets; ++t) {
        of_row.push(all.item[row(t, 0)] == no_id ? 0 : 1);
        if (all.item[row(t, 0)] != no_id) first.push_back(all.item[row(t, 0)]);
    }
    ExcludedItems<P> excluded;
    excluded.of_row = segments(ctx.on, ctx.work, of_row);
    excluded.item = ids(ctx.on, ctx.work, std::span<const Id>(first));
    const BestList rest = best_list<P>(ctx, s, targets, items - 1, excluded);
    for (Index t = 0; t < targets; ++t)
        for (Index j = 0; j + 1 < items; ++j)
            CHECK(rest.item[static_cast<std::size_t>(t * (items - 1) + j)] == all.item[row(t, j + 1)]);
}

}  // namespace coco::conformance
