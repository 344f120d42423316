// SPDX-License-Identifier: Apache-2.0
// What ranks is a role: products with item vectors, neighbours, a cross-encoder over candidates, a beam over
// semantic ids.
#include <catch2/catch.hpp>

#include <cmath>
#include <memory>

#include <coco/core/random.hpp>
#include <coco/eval/evaluate.hpp>
#include <coco/serve/recommender.hpp>

#include "conformance/scorer.hpp"
#include "pipeline/scorer_sketches.hpp"

using namespace coco;
using sketch::P;

namespace {

constexpr Index item_count = 12, width = 4;

/// Rows and vectors on a policy, as a model's forward pass leaves them.
struct Products {
    P on{1};
    Workspace<P> work{on};
    Context<P> ctx{on, work};
    ProductScorer<P> scorer;

    explicit Products(Index targets) {
        RandomStream random(3);
        const auto drawn = [&](Index rows) {
            const Rows<P> x = work.keep(rows, width);
            for (Index i = 0; i < rows; ++i)
                for (Index j = 0; j < width; ++j) x(i, j) = random.normal();
            return x;
        };
        scorer = {drawn(targets), drawn(item_count)};
    }
    double product(Index t, Index i) const {
        double sum = 0;
        for (Index j = 0; j < width; ++j) sum += scorer.rows(t, j) * scorer.vectors(i, j);
        return sum;
    }
    /// The same scores in a list.
    sketch::ListedScores listed() const {
        sketch::ListedScores all;
        for (Index t = 0; t < scorer.rows.rows; ++t) {
            all.score.emplace_back();
            for (Index i = 0; i < item_count; ++i) all.score.back().push_back(product(t, i));
        }
        return all;
    }
};

template <class S>
std::vector<Id> best_of(Products& p, const S& scorer, Index targets, Index k,
                        const ExcludedItems<P>& excluded = {}) {
    std::vector<Id> best(static_cast<std::size_t>(targets * k));
    scorer.top_k(p.ctx, excluded, k, {best.data(), targets * k}, p.work.keep(targets, k));
    return best;
}
template <class S>
std::vector<double> ranks_of(Products& p, const S& scorer, const std::vector<Id>& target) {
    const Index n = static_cast<Index>(target.size());
    const Rows<P> rank = p.work.keep(n, 1);
    scorer.target_rank(p.ctx, {}, {target.data(), n}, rank);
    return {rank.data, rank.data + n};
}

/// A model whose scorer is no product: neighbours in the train part, found when it is asked.
class Neighbours {
public:
    using Role = role::Model;
    static constexpr bool uses_knowledge = false;
    struct Config {};
    template <class Policy>
    struct Scoring {
        std::vector<std::vector<Id>> histories;
        std::vector<Id> last;
        Index items;

        void top_k(Context<Policy>& ctx, const ExcludedItems<Policy>& excluded, Index k,
                   MutableIds<Policy> best, Rows<Policy> scores) const {
            if constexpr (std::is_same_v<Policy, P>)
                sketch::neighbours(histories, last, items).top_k(ctx, excluded, k, best, scores);
        }
        void target_rank(Context<Policy>& ctx, const ExcludedItems<Policy>& excluded, Ids<Policy> target,
                         Rows<Policy> rank) const {
            if constexpr (std::is_same_v<Policy, P>)
                sketch::neighbours(histories, last, items).target_rank(ctx, excluded, target, rank);
        }
    };

    explicit Neighbours(std::vector<std::vector<Id>> histories) : histories_(std::move(histories)) {}

    const ParameterLayout& layout() const { return layout_; }
    Index items() const { return item_count; }
    Index window() const { return 5; }
    template <class Policy>
    StepReport step(Context<Policy>&, const Batch<Policy>&, TrainingStage, typename Policy::Scalar*) const {
        return {};
    }
    template <class Policy>
    Scoring<Policy> score(Context<Policy>& ctx, const Batch<Policy>& batch) const {
        Scoring<Policy> out{histories_, {}, item_count};
        if constexpr (std::is_same_v<Policy, P>)
            for (Index t = 0; t < batch.targets.row.size; ++t)
                out.last.push_back(batch.sequence.item[batch.targets.row[t]]);
        static_cast<void>(ctx);
        return out;
    }

private:
    std::vector<std::vector<Id>> histories_;
    ParameterLayout layout_;
};

}  // namespace

TEST_CASE("scorer: products rank as their scores do", "[scorer]") {
    Products p(5);
    const auto listed = p.listed();
    CHECK(best_of(p, p.scorer, 5, 4) == best_of(p, listed, 5, 4));
    conformance::scorer<P>(p.ctx, p.scorer, 5, item_count);
    conformance::scorer<P>(p.ctx, listed, 5, item_count);
    const std::vector<Id> target{0, 3, 7, 11, 5};
    CHECK(ranks_of(p, p.scorer, target) == ranks_of(p, listed, target));
}

TEST_CASE("scorer: a cross-encoder ranks the candidates of a retriever and no other item", "[scorer]") {
    Products p(3);
    const auto read = [](Index t, Id item) { return -static_cast<double>((item + t) % 7); };
    const auto scorer = sketch::rescored(p.ctx, p.scorer, 3, item_count, 5, read);
    const std::vector<Id> candidates = best_of(p, p.scorer, 3, 5), best = best_of(p, scorer, 3, 6);
    for (Index t = 0; t < 3; ++t) {
        std::vector<Id> from(candidates.begin() + t * 5, candidates.begin() + t * 5 + 5),
            to(best.begin() + t * 6, best.begin() + t * 6 + 5);
        CHECK(best[static_cast<std::size_t>(t * 6 + 5)] == no_id);
        for (std::size_t j = 0; j + 1 < to.size(); ++j) CHECK(read(t, to[j]) >= read(t, to[j + 1]));
        CHECK(std::is_permutation(from.begin(), from.end(), to.begin()));
    }
    Id outside = 0;
    while (std::find(candidates.begin(), candidates.begin() + 5, outside) != candidates.begin() + 5)
        ++outside;
    CHECK(std::isinf(ranks_of(p, scorer, {outside, candidates[5], candidates[10]})[0]));
}

TEST_CASE("scorer: a beam as wide as the catalogue scores every word, a narrow one fewer", "[scorer]") {
    std::vector<std::vector<Id>> words;
    for (Id i = 0; i < item_count; ++i) words.push_back({static_cast<Id>(i / 4), static_cast<Id>(i % 4)});
    const auto next = [](Index t, const std::vector<Id>& prefix, Id code) {
        return -std::abs(static_cast<double>(code) - static_cast<double>(t)) -
               (prefix.empty() ? 0.0 : 0.1 * static_cast<double>(prefix[0]));
    };
    Products p(2);
    const auto whole = sketch::beam(words, 2, static_cast<std::size_t>(item_count), next);
    for (Index t = 0; t < 2; ++t)
        for (Id i = 0; i < item_count; ++i) {
            const auto& word = words[static_cast<std::size_t>(i)];
            CHECK(whole.score[static_cast<std::size_t>(t)][static_cast<std::size_t>(i)] ==
                  next(t, {}, word[0]) + next(t, {word[0]}, word[1]));
        }
    const auto narrow = sketch::beam(words, 2, 3, next);
    conformance::scorer<P>(p.ctx, narrow, 2, item_count);
    conformance::scorer<P>(p.ctx, whole, 2, item_count);
    CHECK(best_of(p, narrow, 2, 4)[3] == no_id);
    CHECK(best_of(p, narrow, 2, 1) == best_of(p, whole, 2, 1));
}

TEST_CASE("scorer: a model whose scorer is no product is evaluated and served", "[scorer]") {
    const std::vector<std::vector<Id>> train{{0, 1, 2}, {3, 1, 2}, {4, 1, 5}, {6, 7}};
    const auto on = std::make_shared<P>(1);
    Sampling sampling;
    sampling.window = 5;
    const auto model = std::make_shared<const Neighbours>(train);
    const TrainedModel<Neighbours, P> trained{on, model,
                                              std::make_shared<Parameters<P>>(*on, model->layout(), 1),
                                              BatchBuilder(sampling, item_count), nullptr};
    const auto all = std::make_shared<data::Interactions>();
    all->add(std::vector<Id>{8, 1, 2});  // 2 followed 1 twice, 5 once
    all->add(std::vector<Id>{9, 1, 5});
    all->add(std::vector<Id>{9, 10, 5});  // nothing followed 10
    const Metrics metrics = evaluate(trained, data::Cases(all, {0, 1, 2}, 1));
    CHECK(metrics.ranks() == std::vector<double>{1, 2, unranked});
    CHECK(metrics.recall(1) == Approx(1.0 / 3));
    const Recommender<Neighbours, P> recommender(trained);
    const std::vector<Id> history{8, 1};
    const auto items = recommender.recommend({.history = history, .k = 5}).items;
    REQUIRE(items.size() == 2);
    CHECK(items[0] == Scored{2, 2});
    CHECK(items[1] == Scored{5, 1});
}
