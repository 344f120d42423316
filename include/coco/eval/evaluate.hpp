// SPDX-License-Identifier: Apache-2.0
/// \file
/// Full-ranking evaluation: each case's target among all items, the user's own history left out.
#pragma once

#include <algorithm>
#include <functional>
#include <vector>

#include <coco/data/split.hpp>
#include <coco/eval/metrics.hpp>
#include <coco/pipeline/trained.hpp>
#include <coco/store/workspace.hpp>

namespace coco {

/// How a ranking treats what a user has had.
enum class Had : bool {
    excluded,  ///< left out (RecBole; the default)
    zeroed     ///< scored 0 (S3-Rec's evaluation; biased low, for reproducing published numbers only)
};

/// Evaluates again and again without allocating after the first time.
template <class Model, class P>
class Evaluator {
public:
    using Scalar = typename P::Scalar;

    /// \param chunk  cases in one pass
    explicit Evaluator(P& on, Index chunk = Model::knows ? 64 : 256) : work_(on), chunk_(chunk) {}

    /// Ranks of all cases' targets, in the order of the cases. Knowledge is made on the way from each case's
    /// history. \param told  called after each pass with the cases done
    const Metrics& operator()(const Trained<Model, P>& trained, const data::Cases& cases,
                              Had had = Had::excluded, const std::function<void(Index)>& told = {}) {
        metrics_.clear();
        for (Index first = 0; first < cases.size(); first += chunk_) {
            const Index count = std::min(chunk_, cases.size() - first);
            batch_.clear();
            seen_of_.clear();
            seen_.clear();
            for (Index i = 0; i < count; ++i) {
                const data::Case c = cases[first + i];
                trained.filler.ask(batch_, c.user, c.history, c.target,
                                   Model::knows ? trained.text.get() : nullptr);
                see(c);
            }
            rank(trained, had, count);
            work_.reset();
            if (told) told(first + count);
        }
        return metrics_;
    }

private:
    void see(const data::Case& c) {
        const std::size_t begin = seen_.size();
        seen_.insert(seen_.end(), c.history.begin(), c.history.end());
        const auto at = seen_.begin() + static_cast<std::ptrdiff_t>(begin);
        std::sort(at, seen_.end());
        seen_.erase(std::unique(at, seen_.end()), seen_.end());
        seen_.erase(std::remove(at, seen_.end(), c.target), seen_.end());
        seen_of_.push(static_cast<Index>(seen_.size() - begin));
    }

    void rank(const Trained<Model, P>& trained, Had had, Index count) {
        P& on = *trained.on;
        Run<P> run = trained.run(work_);
        const Batch<P> batch = bring(run, batch_);
        const typename Model::template Answer<P> answer = answer_of(*trained.model, run, batch);
        Seen<P> seen;
        seen.of_row = bring(run, seen_of_);
        seen.item = on.bring(std::span<const Id>(seen_), work_);
        seen.zeroed = had == Had::zeroed;
        const Rows<P> place = work_.keep(count, 1);
        on.place(answer.rows, answer.vectors, {}, seen, batch.targets.item, place);
        const std::span<Scalar> host = work_.template numbers<Scalar>(count);
        on.fetch(List<const Scalar, typename P::Space>{place.data, count}, host.data());
        for (const Scalar r : host) metrics_.add(static_cast<double>(r));
    }

    static typename Model::template Answer<P> answer_of(const Model& model, Run<P>& run,
                                                        const Batch<P>& batch) {
        if constexpr (Model::knows) {
            const auto known = model.know(run, batch);
            return model.answer(run, batch, CRows<P>(known.decoupler.out), known.decoupler.of_group);
        } else {
            return model.answer(run, batch);
        }
    }

    Workspace<P> work_;
    Index chunk_;
    HostBatch batch_;
    Offsets seen_of_;
    std::vector<Id> seen_;
    Metrics metrics_;
};

/// Evaluates once.
template <class Model, class P>
Metrics evaluate(const Trained<Model, P>& trained, const data::Cases& cases, Had had = Had::excluded,
                 const std::function<void(Index)>& told = {}) {
    return Evaluator<Model, P>(*trained.on)(trained, cases, had, told);
}

}  // namespace coco
