// SPDX-License-Identifier: Apache-2.0
/// \file
/// Scorers: what a model's forward pass gives to whom ranks. A scorer answers two questions about each target
/// row of its batch: which items are best, and where one item stands. How it scores is its own business:
/// products with item vectors are one way.
#pragma once

#include <concepts>

#include <coco/exec/archetype.hpp>
#include <coco/exec/policy.hpp>
#include <coco/nn/layer.hpp>

namespace coco {

namespace scorer {

/// `top_k(ctx, excluded, k, best, scores)`: for each target row the k best items that are not excluded, best
/// first, ties by lower item; where there are fewer, `no_id` and minus infinity. best: rows * k, row after
/// row; scores: rows x k.
template <class S, class P>
concept FindsBest = requires(const S& scorer, Context<P>& ctx, const ExcludedItems<P>& excluded, Index k,
                             MutableIds<P> best, Rows<P> scores) {
    { scorer.top_k(ctx, excluded, k, best, scores) } -> std::same_as<void>;
};

/// `target_rank(ctx, excluded, target, rank)`: for each target row the rank of item target[row], from 1,
/// among the items that are not excluded; equal scores share the middle of their ranks. rank: rows x 1. An
/// item that the scorer does not rank at all has the rank `unranked`, infinity.
template <class S, class P>
concept RanksTargets = requires(const S& scorer, Context<P>& ctx, const ExcludedItems<P>& excluded,
                                Ids<P> target, Rows<P> rank) {
    { scorer.target_rank(ctx, excluded, target, rank) } -> std::same_as<void>;
};

}  // namespace scorer

/// What evaluation and serving ask of a model's `score`.
template <class S, class P>
concept Scorer = scorer::FindsBest<S, P> && scorer::RanksTargets<S, P>;

/// Scores are products: score(t, i) = rows_t . vectors_i. Exact over the whole catalogue.
template <class P>
struct ProductScorer {
    CRows<P> rows;     ///< targets x width
    CRows<P> vectors;  ///< items x width

    void top_k(Context<P>& ctx, const ExcludedItems<P>& excluded, Index k, MutableIds<P> best,
               Rows<P> scores) const {
        ctx.on.top_k(rows, vectors, {}, excluded, k, best, scores);
    }
    void target_rank(Context<P>& ctx, const ExcludedItems<P>& excluded, Ids<P> target, Rows<P> rank) const {
        ctx.on.target_rank(rows, vectors, {}, excluded, target, rank);
    }
};

}  // namespace coco

static_assert(coco::Scorer<coco::ProductScorer<coco::Archetype>, coco::Archetype>);
