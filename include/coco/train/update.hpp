// SPDX-License-Identifier: Apache-2.0
/// \file
/// The second half of a training step: gradients, exchanged between the processes that train together,
/// clipped and watched, become new parameters.
#pragma once

#include <algorithm>
#include <iterator>
#include <optional>
#include <vector>

#include <coco/exec/communicator.hpp>
#include <coco/pipeline/step.hpp>
#include <coco/sampling/host_batch.hpp>
#include <coco/train/clip.hpp>
#include <coco/train/optimizer.hpp>
#include <coco/train/stage_settings.hpp>

namespace coco {

/// Gradients of a layout and what follows them. \tparam O  an `Optimizer`
template <class P, class O>
class Update {
public:
    using Scalar = typename P::Scalar;

    /// \param few  whether steps give gradients to few rows of the item table
    [[gnu::cold]] Update(P& on, const ParameterLayout& layout, const typename O::Config& config,
                         bool few = false)
        : layout_(&layout),
          gradients_(on, layout),
          clip_(on, layout, config.clip),
          optimizer_(on, layout, config) {
        if (!optimizer::takes_touched_rows<O> || !few) return;
        require(exec::trains_alone<P>, text_of("optimizer ", O::name),
                "processes that train together touch different rows", "AdamW");
        touched_.emplace(layout);
    }

    Gradients<P>& gradients() { return gradients_; }
    /// Gradients that the step of a batch adds to become 0.
    void zero(P& on, HostBatch& batch) {
        if (!touched_) return gradients_.zero(on);
        batch.touch();
        touched_->set(on, batch.touched);
        on.fill(gradients_.block(ParameterBlock::dense).list(), Scalar(0));
        touched_->clear(on, TouchedRows<P>::gradients, gradients_.block(ParameterBlock::table));
    }
    /// The optimiser starts anew, from the parameters as they are.
    [[gnu::cold]] void restart(P& on) {
        for (std::size_t s = 0; s < std::size(O::states); ++s) optimizer_.state(s).zero(on);
        std::fill(optimizer_.steps().begin(), optimizer_.steps().end(), 0);
    }
    O& optimizer() { return optimizer_; }
    const O& optimizer() const { return optimizer_; }
    NotFinite not_finite(P& on) const { return clip_.not_finite(on); }

    /// \param at      the step within its stage, from 1
    /// \param losses  sums of the loss, which are watched beside the gradients
    /// \param number  of the step within its epoch, from 1
    void operator()(P& on, Parameters<P>& values, const StageSettings& stage, Index at,
                    const StepReport& report, List<const Scalar, typename P::Space> losses, Index number) {
        for (const ParameterBlock block : {ParameterBlock::dense, ParameterBlock::table})
            on.all_reduce(gradients_.block(block).list());
        // A group is idle only where no process has a gradient for it.
        const int idle = on.any(report.idle_group < 0) ? -1 : report.idle_group;
        stage.rates_at(at, *layout_, idle, rates_);
        TouchedRows<P>* const touched = touched_ ? &*touched_ : nullptr;
        if (touched) touched->pack(on, TouchedRows<P>::gradients, gradients_.block(ParameterBlock::table));
        const Scalar* const scale = clip_(on, gradients_, rates_, losses, number, touched);
        optimizer_.step(on, {values, gradients_, rates_, scale, touched});
    }

private:
    const ParameterLayout* layout_;  ///< the model's, which the trainer shares
    Gradients<P> gradients_;
    Clip<P> clip_;
    O optimizer_;
    std::optional<TouchedRows<P>> touched_;
    std::vector<double> rates_;
};

}  // namespace coco
