// SPDX-License-Identifier: Apache-2.0
/// \file
/// The pipeline without a language model: behaviour and its loss. It trains, evaluates and serves as every
/// pipeline does, and is what CoCo is compared with.
#pragma once

#include <coco/backbone/concept.hpp>
#include <coco/fwd.hpp>
#include <coco/items/concept.hpp>
#include <coco/items/table.hpp>
#include <coco/loss/info_nce.hpp>
#include <coco/loss/total.hpp>
#include <coco/pipeline/behaviour.hpp>
#include <coco/pipeline/concept.hpp>
#include <coco/pipeline/step.hpp>

namespace coco {

/// A backbone and item vectors, trained by the backbone's own loss (and L_aux in joint steps, where asked).
template <class Backbone, class Items>
class Base {
    static_assert(explain_backbone<Backbone>() && explain_items<Items>());

public:
    using Role = role::Model;
    static constexpr bool knows = false;

    struct Config {
        typename Behaviour<Backbone, Items>::Config behaviour;
        LossWeights loss;
        bool auxiliary = false;  ///< adds alpha L_aux in joint steps
    };

    template <class P>
    struct Answer {
        CRows<P> rows;     ///< targets x d
        CRows<P> vectors;  ///< items x d
    };

    Base(const Config& config, Index items)
        : config_(config), behaviour_(layout_, config.behaviour, items), items_(items) {}
    Base(const Base&) = delete;
    Base& operator=(const Base&) = delete;

    const Layout& layout() const { return layout_; }
    const Config& config() const { return config_; }
    Index items() const { return items_; }
    Index window() const { return config_.behaviour.backbone.window; }

    /// One training step: adds the loss to `ledger` (Ledger::entries numbers) and gradients to the run's.
    template <class P>
    StepReport step(Run<P>& run, const Batch<P>& batch, Phase phase, typename P::Scalar* ledger) const {
        const auto kept = behaviour_.forward(run, batch);
        const CRows<P> h = kept.h;
        const Rows<P> dh = run.work.keep(h.rows, h.cols);
        loss::objective<P>(config_.loss.objective, run, h, CRows<P>(kept.items.vectors), batch.targets, 1,
                           ledger + Ledger::rec, dh, kept.items.gradient);
        if (phase == Phase::joint && config_.auxiliary) {
            const Rows<P> more = run.work.keep(h.rows, h.cols);
            loss::info_nce<P>(run, h, CRows<P>(kept.items.vectors), batch.targets, batch.self,
                              config_.loss.temperature, config_.loss.alpha, ledger + Ledger::aux, more,
                              kept.items.gradient);
            nn::copy<P>(run.on, CRows<P>(more), dh, Write::add);
        }
        behaviour_.backward(run, batch, kept, CRows<P>(dh));
        StepReport report;
        report.targets = h.rows;
        return report;
    }

    /// What targets' rows are ranked by.
    template <class P>
    Answer<P> answer(Run<P>& run, const Batch<P>& batch) const {
        const auto kept = behaviour_.forward(run, batch);
        return {kept.h, kept.items.vectors};
    }

private:
    Config config_;
    Layout layout_;
    Behaviour<Backbone, Items> behaviour_;
    Index items_;
};

}  // namespace coco
