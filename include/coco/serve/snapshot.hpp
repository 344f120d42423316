// SPDX-License-Identifier: Apache-2.0
/// \file
/// What is served: a model's parameters, what rankings need of all items, and the users' knowledge. None of
/// it changes once it is made, so that any number of threads may read it while training goes on beside it.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include <coco/pipeline/batch.hpp>
#include <coco/pipeline/concept.hpp>
#include <coco/pipeline/knowledge.hpp>
#include <coco/pipeline/prepared_items.hpp>
#include <coco/pipeline/trained_model.hpp>

namespace coco {

/// \tparam Model  a `Pipeline<...>`, `SequentialRecommender<...>`, or a model of your own
template <class Model, class P>
class Snapshot {
    static_assert(explain_model_on<Model, P>());

public:
    /// Takes the trained parameters as they are now: a copy, unless they are held here alone. Given tensors
    /// (a language model's weights) are shared. \param knowledge  of the users; empty: every request is
    /// scored by behaviour only \throws Error where the knowledge has another width, or was extracted with
    /// other parameters
    explicit Snapshot(TrainedModel<Model, P> trained, Knowledge knowledge = {})
        : trained_(std::move(trained)), knowledge_(std::move(knowledge)), items_(*trained_.on) {
        if (trained_.parameters.use_count() > 1)
            trained_.parameters =
                std::make_shared<Parameters<P>>(std::as_const(*trained_.parameters).snapshot(*trained_.on));
        items_.compute(trained_);
        if constexpr (Model::uses_knowledge)
            require(knowledge_.empty() || knowledge_.width() == trained_.model->knowledge_width(),
                    "knowledge", "of another width", text_of(trained_.model->knowledge_width()),
                    text_of(knowledge_.width()));
        else
            require(knowledge_.empty(), "knowledge", "given to a model that uses none");
        if (knowledge_.empty() || knowledge_.parameters().empty()) return;
        const std::string own = digest_of(trained_);
        require(knowledge_.parameters() == own, "knowledge", "extracted with other parameters", own,
                knowledge_.parameters());
    }
    Snapshot(const Snapshot&) = delete;
    Snapshot& operator=(const Snapshot&) = delete;

    const TrainedModel<Model, P>& trained() const { return trained_; }
    const Knowledge& knowledge() const { return knowledge_; }

    /// A scorer of the batch's targets. \param pure, pure_of  knowledge rows of each segment, which may be
    /// none
    typename Model::template Scoring<P> score(Context<P>& ctx, const Batch<P>& batch, CRows<P> pure,
                                              const Segments<P>& pure_of) const {
        if constexpr (Model::uses_knowledge)
            return items_.score(trained_, ctx, batch, pure, pure_of);
        else
            return items_.score(trained_, ctx, batch);
    }

private:
    TrainedModel<Model, P> trained_;
    Knowledge knowledge_;
    PreparedItems<Model, P> items_;
};

}  // namespace coco
