// SPDX-License-Identifier: Apache-2.0
/// \file
/// The conformance tests of the primitives that select columns: `top_k` and `target_rank` equal a full sort,
/// `select_codes` equals a sort by cosine.
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

/// `select_codes` with equal codes, a zero code, and codes that are multiples of each other.
template <class T>
struct SelectCodesTrial {
    Index rows = 9, width = 5, codes = 12, cap = 3;
    double theta = 0.2;
    std::uint64_t seed = 1;

    std::pair<Matrix, Matrix> inputs() const {
        RandomStream random(seed, 4);
        Matrix e = random_matrix<T>(random, rows, width), c = random_matrix<T>(random, codes, width);
        for (Index j = 0; j < width; ++j) {
            e(0, j) = 0;
            c(3, j) = 0;
            c(5, j) = c(4, j);      // equal codes: the lower index first
            c(7, j) = 2 * c(6, j);  // the same direction
            e(1, j) = c(4, j);
            e(2, j) = -c(4, j);
        }
        return {e, c};
    }

    /// Returns offsets, codes, nearest codes.
    template <class P>
    std::vector<T> run(P& on) const {
        const auto [rows_of_e, rows_of_c] = inputs();
        const Held<P> e(on, rows_of_e, 1), c(on, rows_of_c, 2);
        Workspace<P> work(on);
        const CodeSelection<P> selection = on.select_codes(e.in(), c.in(), static_cast<T>(theta), cap, work);
        REQUIRE(selection.of_row.count() == rows);
        std::vector<Id> code(static_cast<std::size_t>(selection.code.size)),
            nearest(static_cast<std::size_t>(rows));
        std::vector<Id> offsets(static_cast<std::size_t>(rows) + 1);
        on.download(selection.code, code.data());
        on.download(selection.nearest, nearest.data());
        on.download(selection.of_row.offsets, offsets.data());
        REQUIRE(std::equal(code.begin(), code.end(), selection.code_host.begin(), selection.code_host.end()));
        REQUIRE(std::equal(nearest.begin(), nearest.end(), selection.nearest_host.begin(),
                           selection.nearest_host.end()));
        REQUIRE(std::equal(offsets.begin(), offsets.end(), selection.of_row.host.begin(),
                           selection.of_row.host.end()));
        Index longest = 0;
        std::vector<T> all;
        for (const std::vector<Id>* part : {&offsets, &code, &nearest})
            for (const Id x : *part) all.push_back(static_cast<T>(x));
        for (Index i = 0; i < rows; ++i) longest = std::max(longest, selection.of_row.length(i));
        REQUIRE(selection.of_row.longest == longest);
        return all;
    }

    std::vector<double> naive() const {
        const auto [e, c] = inputs();
        std::vector<double> offsets{0}, code, nearest;
        for (Index i = 0; i < rows; ++i) {
            std::vector<std::pair<double, Index>> order;  // minus the cosine, code
            for (Index n = 0; n < codes; ++n) {
                double dot = 0, ee = 0, cc = 0;
                for (Index j = 0; j < width; ++j) {
                    dot += e(i, j) * c(n, j);
                    ee += e(i, j) * e(i, j);
                    cc += c(n, j) * c(n, j);
                }
                // Rounded to T's accuracy, so that parallel codes have equal cosines.
                const double cosine = ee * cc > 0 ? dot / std::sqrt(ee * cc) : 0;
                order.emplace_back(-std::round(cosine * 1e6) / 1e6, n);
            }
            std::sort(order.begin(), order.end());
            nearest.push_back(static_cast<double>(order[0].second));
            std::vector<Index> taken;
            for (const auto& [minus, n] : order)
                if (static_cast<Index>(taken.size()) < cap && (-minus > theta || taken.empty()))
                    taken.push_back(n);
            std::sort(taken.begin(), taken.end());
            for (const Index n : taken) code.push_back(static_cast<double>(n));
            offsets.push_back(static_cast<double>(code.size()));
        }
        for (const std::vector<double>* part : {&code, &nearest})
            offsets.insert(offsets.end(), part->begin(), part->end());
        return offsets;
    }
};

template <class T, class Check>
void select_codes_trials(const Check& check) {
    SelectCodesTrial<T> t;
    check("a cap of three", t);
    t.cap = 1;
    check("the nearest alone", t);
    t.cap = 50;
    t.theta = -2;
    check("all codes", t);
    t.theta = 2;
    check("none passes: the nearest always", t);
    t.theta = 0.1;
    t.cap = 8;
    t.rows = 130;
    t.codes = 80;
    t.width = 48;
    check("many", t);
}

}  // namespace coco::conformance
