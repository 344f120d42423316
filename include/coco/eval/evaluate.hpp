// SPDX-License-Identifier: Apache-2.0
/// \file
/// Full-ranking evaluation: ranks each case's target among all items, usually except those of the user's own
/// history.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include <coco/data/split.hpp>
#include <coco/eval/metrics.hpp>
#include <coco/pipeline/batch.hpp>
#include <coco/pipeline/concept.hpp>
#include <coco/pipeline/prepared_items.hpp>
#include <coco/pipeline/trained_model.hpp>
#include <coco/store/workspace.hpp>

namespace coco {

/// How a ranking treats the items of the user's history.
enum class SeenItems : std::uint8_t {
    excluded,  ///< left out ("M" of the comparisons; the default)
    zeroed,    ///< scored 0 ("Z", S3-Rec's evaluation; biased low, for reproducing published numbers only)
    included   ///< ranked like all others ("U", RecBole's sequential models and most generative ones)
};
inline constexpr std::array<SeenItems, 3> every_seen_items{SeenItems::excluded, SeenItems::zeroed,
                                                           SeenItems::included};

/// What a ranking uses.
enum class RankedBy : std::uint8_t {
    everything,
    channel,   ///< behaviour and the channel of a model that has one: not its language model
    behaviour  ///< behaviour alone, of a model that uses knowledge
};

/// Evaluates repeatedly without allocations after the first evaluation.
template <class Model, class P>
class Evaluator {
    static_assert(explain_model_on<Model, P>());

public:
    using Scalar = typename P::Scalar;

    /// \param chunk  cases per pass
    explicit Evaluator(P& on, Index chunk = Model::uses_knowledge ? 64 : 256)
        : work_(on), items_(on), chunk_(chunk) {}

    /// Ranks of all cases' targets, in the order of the cases. Knowledge is extracted from each case's
    /// history in the same pass.
    /// \param on_progress  called after each pass with the number of cases done
    /// \throws Error where an item of a case is not in the catalogue
    const Metrics& operator()(const TrainedModel<Model, P>& trained, const data::Cases& cases,
                              SeenItems seen_items = SeenItems::excluded,
                              const std::function<void(Index)>& on_progress = {},
                              RankedBy ranked_by = RankedBy::everything) {
        return evaluate(trained, cases, std::span(&seen_items, 1), on_progress, ranked_by)[0];
    }

    /// The same for several treatments of seen items, in one pass; one evaluation each.
    std::span<const Metrics> evaluate(const TrainedModel<Model, P>& trained, const data::Cases& cases,
                                      std::span<const SeenItems> seen_items,
                                      const std::function<void(Index)>& on_progress = {},
                                      RankedBy ranked_by = RankedBy::everything) {
        const bool asks = Model::uses_knowledge && ranked_by == RankedBy::everything;
        metrics_.resize(std::max(metrics_.size(), seen_items.size()));
        for (Metrics& m : metrics_) m.clear();
        items_.compute(trained);
        for (Index first = 0; first < cases.size(); first += chunk_) {
            const Index count = std::min(chunk_, cases.size() - first);
            batch_.clear();
            excluded_of_.clear();
            excluded_.clear();
            for (Index i = 0; i < count; ++i) {
                const data::Case c = cases[first + i];
                if (c.target < 0)
                    sampling::unknown_item(text_of("user ", c.user, ", target"), trained.builder.items(),
                                           c.target);
                trained.builder.add_history(batch_, c.user, c.history, c.target,
                                            asks ? trained.text.get() : nullptr);
                add_excluded(c);
            }
            target_ranks(trained, seen_items, count, ranked_by);
            work_.reset();
            if (on_progress) on_progress(first + count);
        }
        return std::span<const Metrics>(metrics_).first(seen_items.size());
    }

private:
    void add_excluded(const data::Case& c) {
        const std::size_t begin = excluded_.size();
        excluded_.insert(excluded_.end(), c.history.begin(), c.history.end());
        const auto at = excluded_.begin() + static_cast<std::ptrdiff_t>(begin);
        std::sort(at, excluded_.end());
        excluded_.erase(std::unique(at, excluded_.end()), excluded_.end());
        excluded_.erase(std::remove(at, excluded_.end(), c.target), excluded_.end());
        excluded_of_.push(static_cast<Index>(excluded_.size() - begin));
    }

    void target_ranks(const TrainedModel<Model, P>& trained, std::span<const SeenItems> seen_items,
                      Index count, RankedBy ranked_by) {
        P& on = *trained.on;
        Context<P> ctx = trained.context(work_);
        const Batch<P> batch = upload(ctx, batch_);
        const typename Model::template Scoring<P> scoring = scoring_of(trained, ctx, batch, ranked_by);
        const Segments<P> of_row = upload(ctx, excluded_of_);
        const Ids<P> item = on.upload(std::span<const Id>(excluded_), work_);
        const Rows<P> rank = work_.keep(count, 1);
        const std::span<Scalar> host = work_.template numbers<Scalar>(count);
        for (std::size_t s = 0; s < seen_items.size(); ++s) {
            ExcludedItems<P> excluded;
            if (seen_items[s] != SeenItems::included) {
                excluded.of_row = of_row;
                excluded.item = item;
            }
            excluded.zeroed = seen_items[s] == SeenItems::zeroed;
            scoring.target_rank(ctx, excluded, batch.targets.item, rank);
            on.download(List<const Scalar, typename P::Space>{rank.data, count}, host.data());
            for (const Scalar r : host) metrics_[s].add(static_cast<double>(r));
        }
    }

    typename Model::template Scoring<P> scoring_of(const TrainedModel<Model, P>& trained, Context<P>& ctx,
                                                   const Batch<P>& batch, RankedBy ranked_by) const {
        if constexpr (model::may_have_channel<Model>)
            if (ranked_by == RankedBy::channel) return items_.channel_score(trained, ctx, batch);
        if constexpr (Model::uses_knowledge)
            if (ranked_by == RankedBy::everything) return items_.score_by_own_knowledge(trained, ctx, batch);
        return items_.score(trained, ctx, batch);
    }

    Workspace<P> work_;
    PreparedItems<Model, P> items_;
    Index chunk_;
    HostBatch batch_;
    Offsets excluded_of_;
    std::vector<Id> excluded_;
    std::vector<Metrics> metrics_ = std::vector<Metrics>(1);
};

/// Evaluates once.
template <class Model, class P>
Metrics evaluate(const TrainedModel<Model, P>& trained, const data::Cases& cases,
                 SeenItems seen_items = SeenItems::excluded,
                 const std::function<void(Index)>& on_progress = {}) {
    return Evaluator<Model, P>(*trained.on)(trained, cases, seen_items, on_progress);
}

}  // namespace coco
