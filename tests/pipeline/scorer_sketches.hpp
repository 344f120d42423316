// SPDX-License-Identifier: Apache-2.0
/// \file
/// Scorers that are no products, as other systems need them, on the host: each fits the role as it stands.
#pragma once

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <map>
#include <vector>

#include <coco/eval/metrics.hpp>
#include <coco/host/host.hpp>
#include <coco/pipeline/scorer.hpp>

namespace sketch {

using namespace coco;
using P = BasicHost<double>;

inline constexpr double none = -std::numeric_limits<double>::infinity();

/// Given scores, targets x items; items of score minus infinity are not ranked.
struct ListedScores {
    std::vector<std::vector<double>> score;

    void top_k(Context<P>&, const ExcludedItems<P>& excluded, Index k, MutableIds<P> best,
               Rows<P> scores) const {
        for (Index t = 0; t < static_cast<Index>(score.size()); ++t) {
            const std::vector<double> s = allowed(t, excluded);
            std::vector<Id> order(s.size());
            for (std::size_t i = 0; i < order.size(); ++i) order[i] = static_cast<Id>(i);
            std::stable_sort(order.begin(), order.end(), [&](Id a, Id b) { return s[at(a)] > s[at(b)]; });
            for (Index j = 0; j < k; ++j) {
                const Id item = j < static_cast<Index>(order.size()) ? order[at(static_cast<Id>(j))] : no_id;
                const bool found = item != no_id && s[at(item)] > none;
                best[t * k + j] = found ? item : no_id;
                scores(t, j) = found ? s[at(item)] : none;
            }
        }
    }
    void target_rank(Context<P>&, const ExcludedItems<P>& excluded, Ids<P> target, Rows<P> rank) const {
        for (Index t = 0; t < rank.rows; ++t) {
            const std::vector<double> s = allowed(t, excluded);
            const double own = s[at(target[t])];
            Index greater = 0, equal = -1;
            for (const double other : s) greater += other > own, equal += other == own;
            rank(t, 0) = own > none ? rank_among(greater, equal) : unranked;
        }
    }

private:
    static std::size_t at(Id i) { return static_cast<std::size_t>(i); }
    std::vector<double> allowed(Index t, const ExcludedItems<P>& excluded) const {
        std::vector<double> s = score[static_cast<std::size_t>(t)];
        if (excluded.of_row.count() > 0)
            for (Index e = excluded.of_row.begin(t); e < excluded.of_row.end(t); ++e)
                s[at(excluded.item[e])] = excluded.zeroed ? 0 : none;
        return s;
    }
};

/// Nearest neighbours: how often an item followed one of the target's items in other histories.
inline ListedScores neighbours(const std::vector<std::vector<Id>>& histories, const std::vector<Id>& last,
                               Index items) {
    ListedScores out;
    for (const Id item : last) {
        std::vector<double> s(static_cast<std::size_t>(items), none);
        for (const auto& h : histories)
            for (std::size_t i = 0; i + 1 < h.size(); ++i)
                if (h[i] == item) {
                    double& to = s[static_cast<std::size_t>(h[i + 1])];
                    to = to > none ? to + 1 : 1;
                }
        out.score.push_back(s);
    }
    return out;
}

/// A cross-encoder: rescoring of the best of a retriever, one candidate at a time; the others are not ranked.
template <class Retriever>
ListedScores rescored(Context<P>& ctx, const Retriever& retriever, Index targets, Index items,
                      Index candidates, const std::function<double(Index target, Id item)>& read) {
    std::vector<Id> best(static_cast<std::size_t>(targets * candidates));
    const Rows<P> scores = ctx.work.keep(targets, candidates);
    retriever.top_k(ctx, {}, candidates, {best.data(), targets * candidates}, scores);
    ListedScores out;
    for (Index t = 0; t < targets; ++t) {
        std::vector<double> s(static_cast<std::size_t>(items), none);
        for (Index j = 0; j < candidates; ++j)
            if (const Id item = best[static_cast<std::size_t>(t * candidates + j)]; item != no_id)
                s[static_cast<std::size_t>(item)] = read(t, item);
        out.score.push_back(s);
    }
    return out;
}

/// A beam over semantic ids: items are words of codes; `next(target, prefix, code)` is the log-probability of
/// one more code. Words outside the beam are not ranked.
inline ListedScores beam(const std::vector<std::vector<Id>>& word_of_item, Index targets, std::size_t width,
                         const std::function<double(Index, const std::vector<Id>&, Id)>& next) {
    ListedScores out;
    for (Index t = 0; t < targets; ++t) {
        std::map<std::vector<Id>, double> alive{{{}, 0.0}};
        for (std::size_t depth = 0; depth < word_of_item.front().size(); ++depth) {
            std::map<std::vector<Id>, double> longer;
            for (const auto& [prefix, sum] : alive)
                for (const auto& word : word_of_item) {
                    if (!std::equal(prefix.begin(), prefix.end(), word.begin())) continue;
                    const std::vector<Id> more(word.begin(),
                                               word.begin() + static_cast<std::ptrdiff_t>(depth) + 1);
                    longer[more] = sum + next(t, prefix, word[depth]);
                }
            std::vector<std::pair<std::vector<Id>, double>> order(longer.begin(), longer.end());
            std::stable_sort(order.begin(), order.end(),
                             [](const auto& a, const auto& b) { return a.second > b.second; });
            order.resize(std::min(order.size(), width));
            alive = {order.begin(), order.end()};
        }
        std::vector<double> s;
        for (const auto& word : word_of_item) s.push_back(alive.contains(word) ? alive[word] : none);
        out.score.push_back(s);
    }
    return out;
}

static_assert(Scorer<ListedScores, P>);

}  // namespace sketch
