// SPDX-License-Identifier: Apache-2.0
/// \file
/// The channel's weight, chosen by validation between the training stages.
#pragma once

#include <functional>

#include <coco/eval/evaluate.hpp>
#include <coco/pipeline/channel.hpp>
#include <coco/pipeline/concept.hpp>

namespace coco {

/// Sets lambda to the value of `channel_lambdas` with the best N@10 on all validation cases, of equal ones
/// the smallest; without cases to 0. The language model is not asked. False where the model has no channel.
/// \param on_progress  called with the number of cases ranked, out of all values' cases together
template <class Model, class P>
bool choose_lambda(const TrainedModel<Model, P>& trained, Evaluator<Model, P>& evaluator,
                   const data::Cases& valid, const std::function<void(Index)>& on_progress = {}) {
    if constexpr (model::may_have_channel<Model>) {
        if (!trained.model->has_channel()) return false;
        using T = typename P::Scalar;
        const List<T, typename P::Space> place = trained.parameters->list(trained.model->channel().lambda());
        double best = -1;
        T chosen = 0;
        Index before = 0;
        const auto tell = [&](Index done) {
            if (on_progress) on_progress(before + done);
        };
        for (const double lambda : channel_lambdas) {
            const T value = static_cast<T>(lambda);
            trained.on->upload(&value, place);
            const double score = valid.size() == 0 ? 0
                                                   : evaluator(trained, valid, SeenItems::excluded,
                                                               std::ref(tell), RankedBy::channel)
                                                         .ndcg(10);
            before += valid.size();
            if (score > best) best = score, chosen = value;
        }
        trained.on->upload(&chosen, place);
        return true;
    } else {
        return false;
    }
}

}  // namespace coco
