// SPDX-License-Identifier: Apache-2.0
/// \file
/// The channel's weight and gate, chosen by validation between the training stages.
#pragma once

#include <functional>

#include <coco/eval/evaluate.hpp>
#include <coco/pipeline/channel.hpp>
#include <coco/pipeline/concept.hpp>

namespace coco {

/// How often `choose_channel` ranks the validation cases.
template <class Model>
Index channel_choices(const Model& model) {
    if constexpr (model::may_have_channel<Model>)
        if (model.has_channel() && model.channel().start() < 0)
            return static_cast<Index>(channel_lambdas.size() +
                                      (model.channel().gated() ? channel_gates.size() : 0));
    return 0;
}

/// Sets lambda to the value of `channel_lambdas` with the best N@10 on all validation cases, then the gate,
/// where there is one, to 0 or the value of `channel_gates` that is better; of equal ones the earlier.
/// Without cases both are 0. A lambda that the settings give is taken, and validation is asked for nothing.
/// The language model is not asked. False where the model has no channel. \param on_progress  called with the
/// number of cases ranked, of `channel_choices` times the cases
template <class Model, class P>
bool choose_channel(const TrainedModel<Model, P>& trained, Evaluator<Model, P>& evaluator,
                    const data::Cases& valid, const std::function<void(Index)>& on_progress = {}) {
    if constexpr (model::may_have_channel<Model>) {
        if (!trained.model->has_channel()) return false;
        using T = typename P::Scalar;
        const Channel& channel = trained.model->channel();
        const auto set = [&](const TensorRef& tensor, double value) {
            const T number = static_cast<T>(value);
            trained.on->upload(&number, trained.parameters->list(tensor));
        };
        if (channel.start() >= 0) {
            set(channel.lambda(), channel.start());
            return true;
        }
        Index before = 0;
        const auto tell = [&](Index done) {
            if (on_progress) on_progress(before + done);
        };
        double best = -1;
        const auto take_best = [&](const TensorRef& tensor, double chosen, const auto& values) {
            for (const double value : values) {
                set(tensor, value);
                double score = 0;
                if (valid.size() > 0)
                    score = evaluator(trained, valid, SeenItems::excluded, std::ref(tell), RankedBy::channel)
                                .ndcg(10);
                before += valid.size();
                if (score > best) best = score, chosen = value;
            }
            set(tensor, chosen);
        };
        take_best(channel.lambda(), 0, channel_lambdas);
        if (channel.gated()) take_best(channel.gate().gate(), 0, channel_gates);
        return true;
    } else {
        return false;
    }
}

}  // namespace coco
