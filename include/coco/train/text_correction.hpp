// SPDX-License-Identifier: Apache-2.0
/// \file
/// CoCo's correction of the language model, for the texts of items: the model's adapter learns from targets
/// that the semantic columns do not bring nearer (M = 0), through both places where a text is read, the
/// user's history and the item that is ranked. The gradient of the columns is gathered over all targets
/// first, then carried through the language model once (`llm::AdaptedLines`), so that a step costs one
/// reading of the catalogue and one pass back, however many targets there are.
#pragma once

#include <algorithm>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <coco/core/error.hpp>
#include <coco/items/semantic_space.hpp>
#include <coco/llm/adapted_lines.hpp>
#include <coco/pipeline/batch.hpp>
#include <coco/pipeline/concept.hpp>
#include <coco/pipeline/step.hpp>
#include <coco/pipeline/trained_model.hpp>
#include <coco/sampling/samples.hpp>
#include <coco/sampling/stage.hpp>
#include <coco/train/adamw.hpp>
#include <coco/train/not_finite.hpp>
#include <coco/train/update.hpp>

namespace coco {

/// Loss and gradient over many batches, parameters as they are.
template <class T>
struct GatheredGradient {
    double loss = 0;  ///< sum over the batches of the mean over their targets
    Index targets = 0;
    Index agreed = 0;      ///< targets with M = 1; they have no part in the gradient
    std::vector<T> kappa;  ///< of the loss by kappa0, items x columns
};

/// kappa0 of a model whose items are `items::LearnedSemantic`. \throws Error where they are not `rewritten`
template <class Model>
[[gnu::cold]] const TensorRef& rewritten_texts(const Model& model) {
    const TensorRef& texts = model.layout().tensor("item_kappa").ref;
    require(texts.block != ParameterBlock::frozen, "text correction", "these columns have no gradient",
            "items::LearnedSemantic with `rewritten`");
    return texts;
}

/// Of a model whose items are `items::LearnedSemantic`, `rewritten`. \param samples  its targets, which
/// behaviour should not have fitted    \param batch  samples a pass, at least 1
/// \throws Error where the columns have no gradient, or the objective needs sampled negatives
template <class Model, class P>
GatheredGradient<typename P::Scalar> gather_columns_gradient(const TrainedModel<Model, P>& trained,
                                                             const data::Interactions& train,
                                                             std::span<const sampling::Sample> samples,
                                                             Index batch = 256) {
    using T = typename P::Scalar;
    const TensorRef& texts = rewritten_texts(*trained.model);
    require(batch >= 1, "text correction: batch", "too small", "at least 1", text_of(batch));
    require(!model::needs_negatives(*trained.model) && !model::needs_others(*trained.model) &&
                model::shared_draw(*trained.model).count == 0,
            "text correction", "the objective needs negatives", "one over all items, as cross-entropy");
    Gradients<P> gradients(*trained.on, trained.model->layout());
    gradients.zero(*trained.on);
    Block<T, P> metrics(*trained.on, StepMetrics::entries);
    trained.on->fill(metrics.list(), T(0));
    Workspace<P> work(*trained.on);
    HostBatch b;
    GatheredGradient<T> out;
    for (std::size_t first = 0; first < samples.size(); first += static_cast<std::size_t>(batch)) {
        const std::size_t size = std::min(static_cast<std::size_t>(batch), samples.size() - first);
        trained.builder.behaviour(b, train, samples.subspan(first, size), nullptr, 0, 0);
        Context<P> ctx = trained.context(work);
        gradients.attach(ctx);
        trained.model->step(ctx, upload(ctx, b), TrainingStage::correction, metrics.data());
        work.reset();
        out.targets += b.targets();
    }
    const std::vector<T> sums = values_of<P>(*trained.on, metrics.view(1, StepMetrics::entries));
    out.loss = static_cast<double>(sums[StepMetrics::rec]);
    out.agreed = static_cast<Index>(sums[StepMetrics::agreed]);
    out.kappa = values_of<P>(*trained.on, CRows<P>(gradients.view(texts)));
    return out;
}

/// The adapter, its optimiser, and the space of the columns, which is that of the model before it was adapted
/// and stays as it is.
template <class P, class Adapter = adapter::LoRA>
class TextCorrection {
public:
    using Lines = llm::AdaptedLines<P, Adapter>;
    using T = typename P::Scalar;

    /// \param lines    of the items, as the learner's catalogue has them
    /// \param columns  of kappa, at most
    TextCorrection(std::shared_ptr<P> on, std::unique_ptr<Lines> lines, Index columns = 256,
                   double shrink = 1e-3, const AdamWConfig& config = {})
        : on_(std::move(on)), lines_(std::move(lines)), update_(*on_, lines_->layout(), config) {
        read();
        space_ = items::SemanticSpace::fit(
            std::span<const float>(std::vector<float>(vectors_.begin(), vectors_.end())), lines_->width(),
            columns, shrink);
    }

    Lines& lines() { return *lines_; }
    /// Reads the texts again, after the adapter was changed by others.
    void read() {
        vectors_ = lines_->vectors();
        digest_ = lines_->digest();
    }
    const items::SemanticSpace& space() const { return space_; }
    /// Of the items, as the language model reads them now.
    std::vector<T> kappa() const { return space_.read(std::span<const T>(vectors_)); }

    /// Writes kappa to the learner. \throws Error where its columns are not `rewritten`, or of another size
    template <class Model>
    void write(const TrainedModel<Model, P>& learner) const {
        const TensorRef& texts = rewritten_texts(*learner.model);
        const std::vector<T> now = kappa();
        require(static_cast<Index>(now.size()) == texts.size(), "text correction", "columns of another size",
                text_of(texts.size()), text_of(now.size()));
        on_->upload(now.data(), learner.parameters->list(texts));
    }

    /// One step of the adapter; the learner's columns are then those of the language model as it is after it.
    /// \throws Error where the columns are stale: another has changed the adapter; as
    /// `gather_columns_gradient`; where a gradient is not finite
    template <class Model>
    GatheredGradient<T> refresh(const TrainedModel<Model, P>& learner, const data::Interactions& train,
                                std::span<const sampling::Sample> samples, double rate, Index batch = 256) {
        require(digest_ == lines_->digest(), "text correction",
                "the adapter has changed since it read the texts", "read()", digest_);
        write(learner);
        GatheredGradient<T> gathered = gather_columns_gradient(learner, train, samples, batch);
        const std::vector<T> dvectors =
            space_.backward(std::span<const T>(vectors_), std::span<const T>(gathered.kappa));
        update_.gradients().zero(*on_);
        lines_->backward(dvectors, update_.gradients());
        StageSettings stage;
        stage.rate = rate;
        ++steps_;
        update_(*on_, lines_->parameters(), stage, steps_, {}, {}, steps_);
        require_nothing_found(update_.not_finite(*on_), lines_->layout(), TrainingStage::correction, 1);
        read();
        write(learner);
        return gathered;
    }

private:
    std::shared_ptr<P> on_;
    std::unique_ptr<Lines> lines_;
    Update<P, AdamW<P>> update_;
    Index steps_ = 0;
    std::vector<T> vectors_;
    std::string digest_;  ///< of the model and adapter that have read them
    items::SemanticSpace space_;
};

}  // namespace coco
