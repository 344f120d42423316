// SPDX-License-Identifier: Apache-2.0
/// \file
/// The recommender: maps a history to a ranking. Const and re-entrant: usable by any number of threads.
#pragma once

#include <algorithm>
#include <memory>
#include <mutex>
#include <span>
#include <utility>
#include <vector>

#include <coco/exec/graph_cache.hpp>
#include <coco/pipeline/batch.hpp>
#include <coco/pipeline/concept.hpp>
#include <coco/pipeline/knowledge.hpp>
#include <coco/pipeline/prepared_items.hpp>
#include <coco/pipeline/trained_model.hpp>
#include <coco/store/workspace.hpp>

namespace coco {

/// One request. Items of the history that are `no_id` (not in the catalogue) are skipped.
struct Request {
    std::span<const Id> history;  ///< oldest first
    Id user = no_id;              ///< user whose knowledge is used; `no_id`: no knowledge
    Index k = 10;
    std::span<const Id> exclude = {};  ///< items not to be recommended, in addition to the history
};

/// An item and its score.
struct Scored {
    Id item;
    float score;

    friend bool operator==(const Scored&, const Scored&) = default;
};

/// One result: best first, ties by lower item; fewer than k items if the catalogue has too few.
struct Recommendation {
    std::vector<Scored> items;
    bool used_knowledge = false;  ///< false: scored by behaviour only
};

/// \tparam Model  a `Pipeline<...>` or `SequentialRecommender<...>`
template <class Model, class P>
class Recommender {
    static_assert(explain_model_on<Model, P>());

public:
    /// Computes what rankings need of all items once: train first, then construct it.
    /// \param knowledge  of the users; empty: every request is scored by behaviour only
    explicit Recommender(TrainedModel<Model, P> trained, Knowledge knowledge = {})
        : trained_(std::move(trained)),
          knowledge_(std::move(knowledge)),
          items_(std::make_shared<PreparedItems<Model, P>>(*trained_.on)) {
        items_->compute(trained_);
        if constexpr (Model::uses_knowledge)
            require(knowledge_.empty() || knowledge_.width() == trained_.model->knowledge_width(),
                    "knowledge", "of another width", text_of(trained_.model->knowledge_width()),
                    text_of(knowledge_.width()));
        else
            require(knowledge_.empty(), "knowledge", "given to a model that uses none");
    }

    const TrainedModel<Model, P>& trained() const { return trained_; }
    const Knowledge& knowledge() const { return knowledge_; }

    /// \throws Error where the history has no known item, an item is out of range, or k < 1
    Recommendation recommend(const Request& request) const {
        return std::move(recommend(std::span(&request, 1)).front());
    }

    /// Several requests in one pass; the results equal those of single requests, up to rounding.
    std::vector<Recommendation> recommend(std::span<const Request> requests) const {
        std::vector<Recommendation> answers(requests.size());
        if (requests.empty()) return answers;
        std::unique_ptr<RequestContext> context = acquire();
        Index k = 1;
        context->clear();
        for (std::size_t r = 0; r < requests.size(); ++r) {
            require(requests[r].k >= 1, "request.k", "too small", "at least 1", text_of(requests[r].k));
            k = std::max(k, requests[r].k);
            answers[r].used_knowledge = append(*context, requests[r]);
        }
        top_k(*context, requests, std::min(k, trained_.builder.items()), answers);
        release(std::move(context));
        return answers;
    }

private:
    using Scalar = typename P::Scalar;

    /// Memory for one pass; reused by later passes.
    struct RequestContext {
        explicit RequestContext(P& on) : work(on) {}

        void clear() {
            batch.clear();
            excluded_of.clear();
            pure_of.clear();
            excluded.clear();
            pure.clear();
            shape.clear();
        }

        Workspace<P> work;
        GraphCache<P> graph_cache;
        HostBatch batch;
        Offsets excluded_of, pure_of;
        std::vector<Id> excluded, history, shape;
        std::vector<Scalar> pure;
    };

    std::unique_ptr<RequestContext> acquire() const {
        const std::lock_guard lock(*mutex_);
        if (free_.empty()) return std::make_unique<RequestContext>(*trained_.on);
        std::unique_ptr<RequestContext> context = std::move(free_.back());
        free_.pop_back();
        return context;
    }
    void release(std::unique_ptr<RequestContext> context) const {
        const std::lock_guard lock(*mutex_);
        free_.push_back(std::move(context));
    }

    /// Adds a request to the pass; returns true where knowledge of its user is used.
    bool append(RequestContext& context, const Request& request) const {
        const Index items = trained_.builder.items();
        const auto known = [&](std::span<const Id> list, std::vector<Id>& to, const char* name) {
            for (const Id item : list) {
                if (item == no_id) continue;
                require(item >= 0 && item < items, name, "no such item", text_of("0 to ", items - 1),
                        text_of(item));
                to.push_back(item);
            }
        };
        require(request.user >= no_id, "request.user", "out of range", "at least 0, or no_id",
                text_of(request.user));
        context.history.clear();
        known(request.history, context.history, "request.history");
        require(!context.history.empty(), "request.history", "no item that the catalogue knows");
        trained_.builder.add_history(context.batch, request.user, context.history, no_id, nullptr);

        const std::size_t begin = context.excluded.size();
        context.excluded.insert(context.excluded.end(), context.history.begin(), context.history.end());
        known(request.exclude, context.excluded, "request.exclude");
        const auto at = context.excluded.begin() + static_cast<std::ptrdiff_t>(begin);
        std::sort(at, context.excluded.end());
        context.excluded.erase(std::unique(at, context.excluded.end()), context.excluded.end());
        context.excluded_of.push(static_cast<Index>(context.excluded.size() - begin));

        const std::span<const float> rows = knowledge_.of(request.user);
        context.pure.insert(context.pure.end(), rows.begin(), rows.end());
        context.pure_of.push(knowledge_.rows_of(request.user));
        return !rows.empty();
    }

    void top_k(RequestContext& context, std::span<const Request> requests, Index k,
               std::vector<Recommendation>& answers) const {
        P& on = *trained_.on;
        Workspace<P>& work = context.work;
        const Index count = static_cast<Index>(requests.size());
        describe(context, k);
        Context<P> ctx = trained_.context(work);
        const Batch<P> batch = upload(ctx, context.batch);
        ExcludedItems<P> excluded;
        excluded.of_row = upload(ctx, context.excluded_of);
        excluded.item = on.upload(std::span<const Id>(context.excluded), work);
        const CRows<P> pure{on.upload(std::span<const Scalar>(context.pure), work).data,
                            context.pure_of.rows(), knowledge_.width()};
        const Segments<P> pure_of = upload(ctx, context.pure_of);
        const MutableIds<P> best = work.template keep_list<Id>(count * k);
        const Rows<P> scores = work.keep(count, k);
        context.graph_cache.run(on, context.shape, [&] {
            const auto scoring = scoring_of(ctx, batch, pure, pure_of);
            scoring.top_k(ctx, excluded, k, best, scores);
        });
        const std::span<Id> id = work.template numbers<Id>(count * k);
        const std::span<Scalar> score = work.template numbers<Scalar>(count * k);
        on.download(List<const Id, typename P::Space>(best), id.data());
        on.download(List<const Scalar, typename P::Space>{scores.data, scores.size()}, score.data());
        for (std::size_t r = 0; r < requests.size(); ++r)
            for (Index i = 0; i < std::min(k, requests[r].k); ++i) {
                const std::size_t at = r * static_cast<std::size_t>(k) + static_cast<std::size_t>(i);
                if (id[at] < 0) break;
                answers[r].items.push_back({id[at], static_cast<float>(score[at])});
            }
        work.reset();
    }

    /// Records all that determines sizes and addresses of this pass, as key of the graph cache. The list of
    /// excluded items is padded with unused zeros to a multiple of 64, so that more passes have equal keys.
    void describe(RequestContext& context, Index k) const {
        constexpr std::size_t step = 64;
        context.excluded.resize((context.excluded.size() + step - 1) / step * step);
        for (const Index n : {context.work.moves(), k, static_cast<Index>(context.excluded.size())})
            context.shape.push_back(static_cast<Id>(n));
        for (const Offsets* of : {&context.batch.segments, &context.pure_of})
            context.shape.insert(context.shape.end(), of->at.begin(), of->at.end());
    }

    typename Model::template Scoring<P> scoring_of(Context<P>& ctx, const Batch<P>& batch, CRows<P> pure,
                                                   const Segments<P>& pure_of) const {
        if constexpr (Model::uses_knowledge)
            return items_->score(trained_, ctx, batch, pure, pure_of);
        else
            return items_->score(trained_, ctx, batch);
    }

    TrainedModel<Model, P> trained_;
    Knowledge knowledge_;
    std::shared_ptr<PreparedItems<Model, P>> items_;  ///< const after construction
    std::unique_ptr<std::mutex> mutex_ = std::make_unique<std::mutex>();
    mutable std::vector<std::unique_ptr<RequestContext>> free_;
};

}  // namespace coco
