// SPDX-License-Identifier: Apache-2.0
/// \file
/// What a beam search found, as a `Scorer` (pipeline/scorer.hpp): items by log p. Items that were not found
/// are unranked: behind every rank. Exclusion filters what was found, so that one search serves all
/// treatments of seen items; with seen items left out a beam should be wider by as many. A score that counts
/// as 0 is a probability of 0 here, which is behind all others: `zeroed` is the same as excluded.
#pragma once

#include <algorithm>
#include <limits>
#include <span>

#include <coco/core/types.hpp>
#include <coco/exec/primitives.hpp>
#include <coco/nn/elementwise.hpp>
#include <coco/nn/layer.hpp>
#include <coco/seq2seq/beam_search.hpp>

namespace coco::seq2seq {

/// One source for each target row.
template <class P>
struct BeamScorer {
    using Scalar = typename P::Scalar;

    FoundItems<P> found;

    /// The k best items per row that are not excluded, best first, ties by lower item; `no_id` and minus
    /// infinity where fewer were found.
    void top_k(Context<P>& ctx, const ExcludedItems<P>& excluded, Index k, MutableIds<P> best,
               Rows<P> scores) const {
        const Index rows = found.sources();
        const std::span<Id> item = ctx.work.numbers(rows * k);
        const std::span<Scalar> score = ctx.work.template numbers<Scalar>(rows * k);
        std::fill(item.begin(), item.end(), no_id);
        std::fill(score.begin(), score.end(), -std::numeric_limits<Scalar>::infinity());
        const std::span<const Id> left_out = downloaded(ctx, excluded);
        for (Index row = 0; row < rows; ++row) {
            Index count = 0;
            for_each_found(row, excluded, left_out, [&](Id each, Scalar value) {
                if (count == k) return;
                item[static_cast<std::size_t>(row * k + count)] = each;
                score[static_cast<std::size_t>(row * k + count++)] = value;
            });
        }
        ctx.on.upload(item.data(), best);
        upload(ctx, score, scores);
    }

    /// 1 + the found items that are better + half of the others that are equal; infinity where the target was
    /// not found or is excluded.
    void target_rank(Context<P>& ctx, const ExcludedItems<P>& excluded, Ids<P> target, Rows<P> rank) const {
        const Index rows = found.sources();
        const std::span<Id> wanted = ctx.work.numbers(rows);
        const std::span<Scalar> place = ctx.work.template numbers<Scalar>(rows);
        ctx.on.download(target, wanted.data());
        const std::span<const Id> left_out = downloaded(ctx, excluded);
        for (Index row = 0; row < rows; ++row) {
            const Id mine = wanted[static_cast<std::size_t>(row)];
            Scalar own = std::numeric_limits<Scalar>::quiet_NaN();
            for_each_found(row, excluded, left_out,
                           [&](Id each, Scalar value) { own = each == mine ? value : own; });
            Index better = 0, equal = 0;
            for_each_found(row, excluded, left_out, [&](Id, Scalar value) {
                better += value > own ? 1 : 0;
                equal += value == own ? 1 : 0;
            });
            place[static_cast<std::size_t>(row)] =
                equal == 0 ? std::numeric_limits<Scalar>::infinity()
                           : static_cast<Scalar>(1 + better) + static_cast<Scalar>(equal - 1) / 2;
        }
        upload(ctx, place, rank);
    }

private:
    static void upload(Context<P>& ctx, std::span<const Scalar> from, Rows<P> to) {
        nn::copy<P>(ctx.on, CRows<P>(ctx.on.upload(from, ctx.work).data, to.rows, to.cols), to);
    }
    static std::span<const Id> downloaded(Context<P>& ctx, const ExcludedItems<P>& excluded) {
        if (excluded.of_row.count() == 0) return {};
        const std::span<Id> items = ctx.work.numbers(excluded.item.size);
        ctx.on.download(excluded.item, items.data());
        return items;
    }

    /// f(item, score) for what was found for a row and is not excluded, best first.
    template <class F>
    void for_each_found(Index row, const ExcludedItems<P>& excluded, std::span<const Id> left_out,
                        const F& f) const {
        std::span<const Id> out;
        if (excluded.of_row.count() > 0)
            out = left_out.subspan(static_cast<std::size_t>(excluded.of_row.begin(row)),
                                   static_cast<std::size_t>(excluded.of_row.length(row)));
        const auto begin = static_cast<std::size_t>(found.of_source[static_cast<std::size_t>(row)]),
                   end = static_cast<std::size_t>(found.of_source[static_cast<std::size_t>(row) + 1]);
        for (std::size_t i = begin; i < end; ++i)
            if (!std::binary_search(out.begin(), out.end(), found.item[i])) f(found.item[i], found.score[i]);
    }
};

}  // namespace coco::seq2seq
