// SPDX-License-Identifier: Apache-2.0
/// \file
/// The desk: a history goes in, a ranking comes out. Const and re-entrant: any number of threads may ask.
#pragma once

#include <algorithm>
#include <memory>
#include <mutex>
#include <span>
#include <utility>
#include <vector>

#include <coco/exec/repeats.hpp>
#include <coco/pipeline/knowledge.hpp>
#include <coco/pipeline/trained.hpp>
#include <coco/store/workspace.hpp>

namespace coco {

/// One question. Items of the history that are `no_id` (unknown to the catalogue) are passed over.
struct Request {
    std::span<const Id> history;  ///< oldest first
    Id user = no_id;              ///< whose knowledge to use; `no_id` for nobody's
    Index k = 10;
    std::span<const Id> exclude = {};  ///< items not to be shown, beside the history's
};

/// An item and its score.
struct Scored {
    Id item;
    float score;

    friend bool operator==(const Scored&, const Scored&) = default;
};

/// One answer: best first, equals by lower item; fewer than k where the catalogue has not so many.
struct Recommendation {
    std::vector<Scored> items;
    bool used_knowledge = false;  ///< false: answered by behaviour alone
};

/// \tparam Model  a `Pipeline<...>` or `Base<...>`
template <class Model, class P>
class Recommender {
public:
    /// \param knowledge  of the users; empty: every request is answered by behaviour alone
    explicit Recommender(Trained<Model, P> trained, Knowledge knowledge = {})
        : trained_(std::move(trained)), knowledge_(std::move(knowledge)) {
        if constexpr (Model::knows)
            require(knowledge_.empty() || knowledge_.width() == trained_.model->width(), "knowledge",
                    "of another width", text_of(trained_.model->width()), text_of(knowledge_.width()));
        else
            require(knowledge_.empty(), "knowledge", "given to a model that uses none");
    }

    const Trained<Model, P>& trained() const { return trained_; }
    const Knowledge& knowledge() const { return knowledge_; }

    /// \throws Error where the history has no known item, an item is out of range, or k < 1
    Recommendation recommend(const Request& request) const {
        return std::move(recommend(std::span(&request, 1)).front());
    }

    /// Several requests in one pass; the answers are those of one request at a time, to rounding.
    std::vector<Recommendation> recommend(std::span<const Request> requests) const {
        std::vector<Recommendation> answers(requests.size());
        if (requests.empty()) return answers;
        std::unique_ptr<Desk> desk = take();
        Index k = 1;
        desk->clear();
        for (std::size_t r = 0; r < requests.size(); ++r) {
            require(requests[r].k >= 1, "request.k", "too small", "at least 1", text_of(requests[r].k));
            k = std::max(k, requests[r].k);
            answers[r].used_knowledge = put(*desk, requests[r]);
        }
        rank(*desk, requests, std::min(k, trained_.filler.items()), answers);
        give(std::move(desk));
        return answers;
    }

private:
    using Scalar = typename P::Scalar;

    /// What one pass needs; kept for the next.
    struct Desk {
        explicit Desk(P& on) : work(on) {}

        void clear() {
            batch.clear();
            seen_of.clear();
            pure_of.clear();
            seen.clear();
            pure.clear();
            shape.clear();
        }

        Workspace<P> work;
        Repeats<P> repeats;
        HostBatch batch;
        Offsets seen_of, pure_of;
        std::vector<Id> seen, history, shape;
        std::vector<Scalar> pure;
    };

    std::unique_ptr<Desk> take() const {
        const std::lock_guard lock(*mutex_);
        if (free_.empty()) return std::make_unique<Desk>(*trained_.on);
        std::unique_ptr<Desk> desk = std::move(free_.back());
        free_.pop_back();
        return desk;
    }
    void give(std::unique_ptr<Desk> desk) const {
        const std::lock_guard lock(*mutex_);
        free_.push_back(std::move(desk));
    }

    /// Adds a request to the pass; true where knowledge of its user is used.
    bool put(Desk& desk, const Request& request) const {
        const Index items = trained_.filler.items();
        const auto known = [&](std::span<const Id> list, std::vector<Id>& to, const char* name) {
            for (const Id item : list) {
                if (item == no_id) continue;
                require(item >= 0 && item < items, name, "no such item", text_of("0 to ", items - 1),
                        text_of(item));
                to.push_back(item);
            }
        };
        desk.history.clear();
        known(request.history, desk.history, "request.history");
        require(!desk.history.empty(), "request.history", "no item that the catalogue knows");
        trained_.filler.ask(desk.batch, request.user, desk.history, no_id, nullptr);

        const std::size_t begin = desk.seen.size();
        desk.seen.insert(desk.seen.end(), desk.history.begin(), desk.history.end());
        known(request.exclude, desk.seen, "request.exclude");
        const auto at = desk.seen.begin() + static_cast<std::ptrdiff_t>(begin);
        std::sort(at, desk.seen.end());
        desk.seen.erase(std::unique(at, desk.seen.end()), desk.seen.end());
        desk.seen_of.push(static_cast<Index>(desk.seen.size() - begin));

        const std::span<const float> rows = knowledge_.of(request.user);
        desk.pure.insert(desk.pure.end(), rows.begin(), rows.end());
        desk.pure_of.push(knowledge_.rows_of(request.user));
        return !rows.empty();
    }

    void rank(Desk& desk, std::span<const Request> requests, Index k,
              std::vector<Recommendation>& answers) const {
        P& on = *trained_.on;
        Workspace<P>& work = desk.work;
        const Index count = static_cast<Index>(requests.size());
        describe(desk, k);
        Run<P> run = trained_.run(work);
        const Batch<P> batch = bring(run, desk.batch);
        Seen<P> seen;
        seen.of_row = bring(run, desk.seen_of);
        seen.item = on.bring(std::span<const Id>(desk.seen), work);
        const CRows<P> pure{on.bring(std::span<const Scalar>(desk.pure), work).data, desk.pure_of.rows(),
                            knowledge_.width()};
        const Segments<P> pure_of = bring(run, desk.pure_of);
        const MutableIds<P> best = work.template keep_list<Id>(count * k);
        const Rows<P> scores = work.keep(count, k);
        desk.repeats.run(on, desk.shape, [&] {
            const auto answer = answer_of(run, batch, pure, pure_of);
            on.rank(answer.rows, answer.vectors, {}, seen, k, best, scores);
        });
        const std::span<Id> id = work.template numbers<Id>(count * k);
        const std::span<Scalar> score = work.template numbers<Scalar>(count * k);
        on.fetch(List<const Id, typename P::Space>(best), id.data());
        on.fetch(List<const Scalar, typename P::Space>{scores.data, scores.size()}, score.data());
        for (std::size_t r = 0; r < requests.size(); ++r)
            for (Index i = 0; i < std::min(k, requests[r].k); ++i) {
                const std::size_t at = r * static_cast<std::size_t>(k) + static_cast<std::size_t>(i);
                if (id[at] < 0) break;
                answers[r].items.push_back({id[at], static_cast<float>(score[at])});
            }
        work.reset();
    }

    /// Writes down what decides sizes and addresses of this pass. Lists of items not to be shown are as long
    /// as they happen to be: zeros nobody reads make more of them equally long.
    void describe(Desk& desk, Index k) const {
        constexpr std::size_t step = 64;
        desk.seen.resize((desk.seen.size() + step - 1) / step * step);
        for (const Index n : {desk.work.moves(), k, static_cast<Index>(desk.seen.size())})
            desk.shape.push_back(static_cast<Id>(n));
        for (const Offsets* of : {&desk.batch.segments, &desk.pure_of})
            desk.shape.insert(desk.shape.end(), of->at.begin(), of->at.end());
    }

    typename Model::template Answer<P> answer_of(Run<P>& run, const Batch<P>& batch, CRows<P> pure,
                                                 const Segments<P>& pure_of) const {
        if constexpr (Model::knows)
            return trained_.model->answer(run, batch, pure, pure_of);
        else
            return trained_.model->answer(run, batch);
    }

    Trained<Model, P> trained_;
    Knowledge knowledge_;
    std::unique_ptr<std::mutex> mutex_ = std::make_unique<std::mutex>();
    mutable std::vector<std::unique_ptr<Desk>> free_;
};

}  // namespace coco
