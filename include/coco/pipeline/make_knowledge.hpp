// SPDX-License-Identifier: Apache-2.0
/// \file
/// Extracts the knowledge of all users with the language model: decoupled rows per user, not hidden states.
#pragma once

#include <algorithm>
#include <functional>
#include <utility>
#include <vector>

#include <coco/data/interactions.hpp>
#include <coco/pipeline/batch.hpp>
#include <coco/pipeline/knowledge.hpp>
#include <coco/pipeline/trained_model.hpp>
#include <coco/store/workspace.hpp>

namespace coco {

/// Knowledge of users first .. end-1 of `histories`, extracted from the whole history; none for users without
/// items. User n of the result is user `first` + n.
/// \param on_progress  called with the number of users done
/// \param chunk        users per pass
template <class Model, class P>
Knowledge make_knowledge(const TrainedModel<Model, P>& trained, const data::Interactions& histories, Id first,
                         Id end, const std::function<void(Index)>& on_progress, Index chunk = 64) {
    using T = typename P::Scalar;
    if (!trained.text)
        throw Error("knowledge", "made without a catalogue", "a model that has its items' texts");
    require(first >= 0 && first <= end && end <= histories.users() && chunk >= 1, "users", "out of range",
            text_of("within 0 to ", histories.users(), ", at least 1 at a time"),
            text_of(first, " to ", end, ", ", chunk, " at a time"));
    Workspace<P> work(*trained.on);
    HostBatch b;
    std::vector<Index> offsets{0};
    std::vector<Id> cuts;
    std::vector<float> rows;
    std::vector<T> part;
    for (Id start = first; start < end; start += static_cast<Id>(chunk)) {
        const Id stop = std::min(end, start + static_cast<Id>(chunk));
        b.clear();
        for (Id user = start; user < stop; ++user)
            if (histories.length(user) > 0)
                trained.builder.add_history(b, user, histories.of(user), no_id, trained.text.get());
        Segments<P> of_group;
        if (b.groups() > 0) {
            Context<P> ctx = trained.context(work);
            const auto knowledge = trained.model->extract_knowledge(ctx, upload(ctx, b));
            const Rows<P> pure = knowledge.decoupler.out;
            of_group = knowledge.decoupler.of_group;
            part.resize(static_cast<std::size_t>(pure.size()));
            trained.on->download(List<const T, typename P::Space>{pure.data, pure.size()}, part.data());
            rows.insert(rows.end(), part.begin(), part.end());
        }
        Index g = 0;
        for (Id user = start; user < stop; ++user) {
            const bool known = histories.length(user) > 0;
            offsets.push_back(offsets.back() + (known ? of_group.length(g++) : 0));
            cuts.push_back(known ? static_cast<Id>(histories.length(user)) : 0);
        }
        work.reset();
        if (on_progress) on_progress(stop - first);
    }
    Knowledge knowledge(trained.model->knowledge_width(), std::move(offsets), std::move(rows),
                        std::move(cuts));
    knowledge.set_parameters(digest_of(trained));
    return knowledge;
}

/// Knowledge of every user.
template <class Model, class P>
Knowledge make_knowledge(const TrainedModel<Model, P>& trained, const data::Interactions& histories,
                         const std::function<void(Index)>& on_progress = {}) {
    return make_knowledge(trained, histories, 0, static_cast<Id>(histories.users()), on_progress);
}

}  // namespace coco
