// SPDX-License-Identifier: Apache-2.0
/// \file
/// The conformance tests of the primitives that select columns: `top_k` and `target_rank` equal a full sort.
#pragma once

#include <algorithm>
#include <numeric>
#include <utility>

#include <coco/exec/primitives.hpp>
#include <coco/store/workspace.hpp>

#include "trial.hpp"

namespace coco::conformance {

/// `top_k` and `target_rank` with small whole numbers: sums are exact, ties frequent.
template <class T>
struct RankingTrial {
    Index rows = 5, width = 3, columns = 20, k = 4;
    bool bias = false, excluded = false, zeroed = false;
    std::uint64_t seed = 1;

    struct Inputs {
        Matrix h, columns, bias;
        std::vector<Id> item, target;
        Offsets of_row;
    };
    Inputs inputs() const {
        RandomStream random(seed, 3);
        const auto whole = [&](Index r, Index c) {
            Matrix m(r, c);
            for (double& x : m.at) x = static_cast<double>(random.below(5)) - 2;
            return m;
        };
        Inputs in{whole(rows, width), whole(columns, width), {}, {}, {}, {}};
        if (bias) in.bias = whole(1, columns);
        for (Index i = 0; i < rows; ++i) {
            Index length = 0;
            for (Id c = 0; c < columns; ++c)
                if (random.below(4) == 0 || (i == 2 && c != columns / 2)) {
                    in.item.push_back(c);
                    ++length;
                }
            in.of_row.push(length);
            in.target.push_back(static_cast<Id>(random.below(static_cast<std::uint32_t>(columns))));
        }
        return in;
    }

    /// Returns ids, their scores, target ranks.
    template <class P>
    std::vector<T> run(P& on) const {
        const Inputs in = inputs();
        const Held<P> h(on, in.h, 2), matrix(on, in.columns, 1), biases(on, in.bias);
        Held<P> scores(on, rows, k, 7), places(on, rows, 1, 7);
        Block<Id, P> best(on, rows * k);
        Workspace<P> work(on);
        ExcludedItems<P> left_out;
        if (excluded) left_out.of_row = segments(on, in.of_row, work);
        if (excluded) left_out.item = on.upload(std::span<const Id>(in.item), work);
        left_out.zeroed = zeroed;
        on.top_k(h.in(), matrix.in(), biases.in(), left_out, k, best.list(), scores.out());
        on.target_rank(h.in(), matrix.in(), biases.in(), left_out,
                       on.upload(std::span<const Id>(in.target), work), places.out());
        std::vector<Id> ids(static_cast<std::size_t>(rows * k));
        on.download(List<const Id, typename P::Space>(best.list()), ids.data());
        std::vector<T> all;
        for (const Id id : ids) all.push_back(static_cast<T>(id));
        scores.append(all);
        // The score at an unfilled rank (id -1) is unspecified.
        for (std::size_t i = 0; i < ids.size(); ++i)
            if (ids[i] < 0) all[ids.size() + i] = T(0);
        places.append(all);
        return all;
    }

    std::vector<double> naive() const {
        const Inputs in = inputs();
        std::vector<double> ids, scores, places;
        for (Index i = 0; i < rows; ++i) {
            std::vector<double> score(static_cast<std::size_t>(columns));
            for (Index c = 0; c < columns; ++c) {
                double& x = score[static_cast<std::size_t>(c)];
                x = bias ? in.bias(0, c) : 0;
                for (Index j = 0; j < width; ++j) x += in.h(i, j) * in.columns(c, j);
            }
            if (excluded)
                for (Id s = in.of_row.at[static_cast<std::size_t>(i)];
                     s < in.of_row.at[static_cast<std::size_t>(i) + 1]; ++s)
                    score[static_cast<std::size_t>(in.item[static_cast<std::size_t>(s)])] =
                        zeroed ? 0 : -std::numeric_limits<double>::infinity();
            std::vector<Index> order(score.size());
            std::iota(order.begin(), order.end(), Index{0});
            std::stable_sort(order.begin(), order.end(), [&](Index a, Index b) {
                return score[static_cast<std::size_t>(a)] > score[static_cast<std::size_t>(b)];
            });
            for (Index n = 0; n < k; ++n) {
                const bool there =
                    n < columns &&
                    std::isfinite(score[static_cast<std::size_t>(order[static_cast<std::size_t>(n)])]);
                ids.push_back(there ? static_cast<double>(order[static_cast<std::size_t>(n)]) : -1);
                scores.push_back(there ? score[static_cast<std::size_t>(order[static_cast<std::size_t>(n)])]
                                       : 0);
            }
            const double own = score[static_cast<std::size_t>(in.target[static_cast<std::size_t>(i)])];
            double better = 0, equal = -1;
            for (const double x : score) {
                better += x > own;
                equal += x == own;
            }
            places.push_back(1 + better + equal / 2);
        }
        for (const std::vector<double>* part : {&scores, &places})
            ids.insert(ids.end(), part->begin(), part->end());
        return ids;
    }
};

template <class T, class Check>
void ranking_trials(const Check& check) {
    RankingTrial<T> t;
    check("plain, with ties", t);
    t.excluded = true;
    check("seen columns left out, fewer than k left", t);
    t.zeroed = true;
    t.bias = true;
    check("seen columns score 0, bias", t);
    t.k = 33;
    check("more than there are", t);
    t.zeroed = false;
    t.rows = 150;
    t.width = 21;
    t.columns = 1500;
    t.k = 100;
    check("many rows and columns", t);
    t.excluded = false;
    t.k = 1;
    check("the best alone", t);
}

}  // namespace coco::conformance
