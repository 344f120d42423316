// SPDX-License-Identifier: Apache-2.0
/// \file
/// Ranks over the full catalogue and the metrics computed from them: R@k, N@k, MRR.
#pragma once

#include <cmath>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <coco/core/error.hpp>
#include <coco/core/types.hpp>

namespace coco {

/// The rank of a target, from 1, when `greater` items score strictly higher and `equal` others score the
/// same: the middle of the tied positions, so it may end in .5. The rule "first index wins" is not used: for
/// scores with few distinct values (popularity) it raises every metric by a tenth or more.
constexpr double rank_among(Index greater, Index equal) {
    return 1.0 + static_cast<double>(greater) + 0.5 * static_cast<double>(equal);
}

/// The rank of `target` by `scores` (one per item), without the items of `masked`: a user's own history,
/// padding. The target itself is never left out. An item whose score is NaN counts as scoring higher.
/// \throws Error where the target's score is NaN: a broken model must not look like a good one
inline double rank_of(std::span<const float> scores, Id target, std::span<const Id> masked = {}) {
    const float score = scores[static_cast<std::size_t>(target)];
    if (std::isnan(score)) throw Error("rank", "the target's score is not a number");
    std::vector<char> out(scores.size(), 0);
    for (const Id item : masked) out[static_cast<std::size_t>(item)] = 1;
    out[static_cast<std::size_t>(target)] = 1;
    Index greater = 0, equal = 0;
    for (std::size_t item = 0; item < scores.size(); ++item) {
        if (out[item] != 0) continue;
        greater += !(scores[item] <= score) ? 1 : 0;
        equal += scores[item] == score ? 1 : 0;
    }
    return rank_among(greater, equal);
}

/// The rank of a target that is missing from a list of recommendations; it counts zero in every metric.
inline constexpr double unranked = std::numeric_limits<double>::infinity();

/// The contribution of one case to R@k.
constexpr double hit(double rank, Index k) { return rank <= static_cast<double>(k) ? 1.0 : 0.0; }

/// The contribution of one case to N@k: 1 / log2(rank + 1) where rank <= k, else 0. With one relevant item
/// the ideal is 1.
inline double gain(double rank, Index k) {
    return rank <= static_cast<double>(k) ? 1.0 / std::log2(rank + 1.0) : 0.0;
}

/// One value of an evaluation with its display name, for example "R@5".
struct MetricValue {
    std::string name;
    double value;
};

/// An evaluation: the rank of each case, in the order of the cases, and the means over them.
class Metrics {
public:
    Metrics() = default;
    explicit Metrics(std::vector<double> ranks) : ranks_(std::move(ranks)) {}

    void add(double rank) { ranks_.push_back(rank); }

    /// Removes all ranks but keeps their memory, for repeated evaluations during training.
    void clear() { ranks_.clear(); }

    Index count() const { return static_cast<Index>(ranks_.size()); }
    const std::vector<double>& ranks() const { return ranks_; }

    /// R@k, the share of cases whose target is among the first k; 0 where there are no cases.
    double recall(Index k) const {
        return mean([k](double rank) { return hit(rank, k); });
    }

    /// N@k.
    double ndcg(Index k) const {
        return mean([k](double rank) { return gain(rank, k); });
    }

    /// The mean of 1 / rank.
    double mrr() const {
        return mean([](double rank) { return 1.0 / rank; });
    }

    /// The contribution of each case to R@k, for comparisons of two models.
    std::vector<double> recalls(Index k) const {
        std::vector<double> values;
        for (const double rank : ranks_) values.push_back(hit(rank, k));
        return values;
    }

    /// The contribution of each case to N@k.
    std::vector<double> gains(Index k) const {
        std::vector<double> values;
        for (const double rank : ranks_) values.push_back(gain(rank, k));
        return values;
    }

    /// R@k and N@k for each of `cutoffs`, then MRR.
    std::vector<MetricValue> summary(std::span<const Index> cutoffs) const {
        std::vector<MetricValue> all;
        for (const Index k : cutoffs) {
            all.push_back({text_of("R@", k), recall(k)});
            all.push_back({text_of("N@", k), ndcg(k)});
        }
        all.push_back({"MRR", mrr()});
        return all;
    }

private:
    template <class Value>
    double mean(const Value& value) const {
        double sum = 0;
        for (const double rank : ranks_) sum += value(rank);
        return ranks_.empty() ? 0.0 : sum / static_cast<double>(ranks_.size());
    }

    std::vector<double> ranks_;
};

}  // namespace coco
