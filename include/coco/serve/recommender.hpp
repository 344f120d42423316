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
#include <coco/pipeline/knowledge.hpp>
#include <coco/pipeline/trained_model.hpp>
#include <coco/serve/snapshot.hpp>
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

/// \tparam Model  a `Pipeline<...>`, `SequentialRecommender<...>`, or a model of your own
template <class Model, class P>
class Recommender {
public:
    /// Serves a snapshot of the model as it is now. \see Snapshot
    explicit Recommender(TrainedModel<Model, P> trained, Knowledge knowledge = {})
        : Recommender(std::make_shared<const Snapshot<Model, P>>(std::move(trained), std::move(knowledge))) {}
    explicit Recommender(std::shared_ptr<const Snapshot<Model, P>> snapshot) { replace(std::move(snapshot)); }

    /// Serves another snapshot, which may have more items, from the next request on; requests in progress
    /// finish with theirs. Any thread may call it at any time.
    void replace(std::shared_ptr<const Snapshot<Model, P>> snapshot) {
        require(snapshot != nullptr, "snapshot", "none given");
        const auto next = std::make_shared<Served>(std::move(snapshot));
        const std::lock_guard lock(*mutex_);
        served_ = next;
    }
    /// What requests are answered with from now on.
    std::shared_ptr<const Snapshot<Model, P>> snapshot() const { return served()->snapshot; }

    /// \throws Error where the history has no known item, an item is out of range, or k < 1
    Recommendation recommend(const Request& request) const {
        return std::move(recommend(std::span(&request, 1)).front());
    }

    /// Several requests in one pass; the results equal those of single requests, up to rounding.
    std::vector<Recommendation> recommend(std::span<const Request> requests) const {
        std::vector<Recommendation> answers(requests.size());
        if (requests.empty()) return answers;
        const std::shared_ptr<Served> served = this->served();
        std::unique_ptr<RequestContext> context = served->acquire();
        Index k = 1;
        context->clear();
        for (std::size_t r = 0; r < requests.size(); ++r) {
            require(requests[r].k >= 1, "request.k", "too small", "at least 1", text_of(requests[r].k));
            k = std::max(k, requests[r].k);
            answers[r].used_knowledge = append(*served->snapshot, *context, requests[r]);
        }
        top_k(*served->snapshot, *context, requests, std::min(k, served->snapshot->trained().builder.items()),
              answers);
        served->release(std::move(context));
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

    /// A snapshot and the memory of passes over it, whose stored work knows its addresses.
    struct Served {
        explicit Served(std::shared_ptr<const Snapshot<Model, P>> s) : snapshot(std::move(s)) {}

        std::unique_ptr<RequestContext> acquire() {
            const std::lock_guard lock(mutex);
            if (free.empty()) return std::make_unique<RequestContext>(*snapshot->trained().on);
            std::unique_ptr<RequestContext> context = std::move(free.back());
            free.pop_back();
            return context;
        }
        void release(std::unique_ptr<RequestContext> context) {
            const std::lock_guard lock(mutex);
            free.push_back(std::move(context));
        }

        const std::shared_ptr<const Snapshot<Model, P>> snapshot;
        std::mutex mutex;
        std::vector<std::unique_ptr<RequestContext>> free;
    };

    std::shared_ptr<Served> served() const {
        const std::lock_guard lock(*mutex_);
        return served_;
    }

    /// Adds a request to the pass; returns true where knowledge of its user is used.
    static bool append(const Snapshot<Model, P>& snapshot, RequestContext& context, const Request& request) {
        const BatchBuilder& builder = snapshot.trained().builder;
        const Index items = builder.items();
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
        builder.add_history(context.batch, request.user, context.history, no_id, nullptr);

        const std::size_t begin = context.excluded.size();
        context.excluded.insert(context.excluded.end(), context.history.begin(), context.history.end());
        known(request.exclude, context.excluded, "request.exclude");
        const auto at = context.excluded.begin() + static_cast<std::ptrdiff_t>(begin);
        std::sort(at, context.excluded.end());
        context.excluded.erase(std::unique(at, context.excluded.end()), context.excluded.end());
        context.excluded_of.push(static_cast<Index>(context.excluded.size() - begin));

        const std::span<const float> rows = snapshot.knowledge().of(request.user);
        context.pure.insert(context.pure.end(), rows.begin(), rows.end());
        context.pure_of.push(snapshot.knowledge().rows_of(request.user));
        return !rows.empty();
    }

    static void top_k(const Snapshot<Model, P>& snapshot, RequestContext& context,
                      std::span<const Request> requests, Index k, std::vector<Recommendation>& answers) {
        P& on = *snapshot.trained().on;
        Workspace<P>& work = context.work;
        const Index count = static_cast<Index>(requests.size());
        describe(context, k);
        Context<P> ctx = snapshot.trained().context(work);
        const Batch<P> batch = upload(ctx, context.batch);
        ExcludedItems<P> excluded;
        excluded.of_row = upload(ctx, context.excluded_of);
        excluded.item = on.upload(std::span<const Id>(context.excluded), work);
        const CRows<P> pure{on.upload(std::span<const Scalar>(context.pure), work).data,
                            context.pure_of.rows(), snapshot.knowledge().width()};
        const Segments<P> pure_of = upload(ctx, context.pure_of);
        const MutableIds<P> best = work.template keep_list<Id>(count * k);
        const Rows<P> scores = work.keep(count, k);
        context.graph_cache.run(on, context.shape, [&] {
            const auto scoring = snapshot.score(ctx, batch, pure, pure_of);
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
    static void describe(RequestContext& context, Index k) {
        constexpr std::size_t step = 64;
        context.excluded.resize((context.excluded.size() + step - 1) / step * step);
        for (const Index n : {context.work.moves(), k, static_cast<Index>(context.excluded.size())})
            context.shape.push_back(static_cast<Id>(n));
        for (const Offsets* of : {&context.batch.segments, &context.pure_of})
            context.shape.insert(context.shape.end(), of->at.begin(), of->at.end());
    }

    std::unique_ptr<std::mutex> mutex_ = std::make_unique<std::mutex>();
    std::shared_ptr<Served> served_;
};

}  // namespace coco
