// SPDX-License-Identifier: Apache-2.0
/// \file
/// The behaviour part: item vectors, backbone, and selection of the target rows. Every pipeline contains it.
#pragma once

#include <coco/backbone/concept.hpp>
#include <coco/core/setting_list.hpp>
#include <coco/nn/elementwise.hpp>
#include <coco/nn/embedding.hpp>
#include <coco/pipeline/batch.hpp>
#include <coco/pipeline/step.hpp>

namespace coco {

/// Maps histories to the behaviour vectors of the targets.
template <class Backbone, class Items>
class Behaviour {
public:
    struct Config {
        typename Backbone::Config backbone;
        typename Items::Config items;
    };

    template <class P>
    struct Saved {
        typename Items::template Saved<P> items;
        Rows<P> x;  ///< rows x d: vectors of the histories' items
        typename Backbone::template Saved<P> backbone;
        CRows<P> h_all;  ///< rows x d
        Rows<P> h;       ///< targets x d
    };

    /// \throws Error where the backbone was given something of another number of items
    Behaviour(ParameterLayout& layout, const Config& config, Index items)
        : width_(open_group(layout, config, items)),
          items_(layout, config.items, items, width_),
          backbone_(layout, config.backbone) {
        if constexpr (backbone::ChecksItems<Backbone>) backbone_.check_items(items);
    }

    Index width() const { return width_; }
    const Items& items() const { return items_; }
    /// Whether a row depends on items after its own.
    bool sees_later_items() const { return backbone::sees_later_items(backbone_); }
    /// Whether histories to be continued end with a masked row.
    bool masks_items() const { return backbone::masks_items(backbone_); }

    template <class P>
    Saved<P> forward(Context<P>& ctx, const Batch<P>& batch) const {
        return forward(ctx, batch, items_.forward(ctx));
    }
    /// The same with the items' own forward pass already done.
    template <class P>
    Saved<P> forward(Context<P>& ctx, const Batch<P>& batch,
                     const typename Items::template Saved<P>& items) const {
        Saved<P> saved;
        saved.items = items;
        saved.x = ctx.work.keep(batch.sequence.item.size, width_);
        nn::gather<P>(ctx.on, CRows<P>(saved.items.vectors), batch.sequence.item, saved.x);
        saved.backbone = backbone_.forward(ctx, batch.sequence, CRows<P>(saved.x));
        saved.h_all = saved.backbone.h;
        saved.h = ctx.work.keep(batch.targets.row.size, width_);
        nn::gather<P>(ctx.on, saved.h_all, batch.targets.row, saved.h);
        return saved;
    }

    /// \param dh  targets x d. Gradients of item vectors from other parts are already in
    ///         `saved.items.gradient`.
    template <class P>
    void backward(Context<P>& ctx, const Batch<P>& batch, const Saved<P>& saved, CRows<P> dh) const {
        const typename Workspace<P>::Frame frame(ctx.work);
        const Rows<P> dall = ctx.work.scratch(saved.h_all.rows, width_),
                      dx = ctx.work.scratch(saved.x.rows, width_);
        nn::fill<P>(ctx.on, dall, 0);
        nn::scatter<P>(ctx.on, dh, batch.targets.by_row, dall);
        backbone_.backward(ctx, batch.sequence, saved.backbone, CRows<P>(dall), dx);
        if (!saved.items.gradient.empty())
            nn::scatter<P>(ctx.on, CRows<P>(dx), batch.sequence.by_item, saved.items.gradient);
        items_.backward(ctx, saved.items);
    }

    /// Whether a stage is the backbone's own.
    bool trains(TrainingStage stage) const {
        if constexpr (backbone::HasOwnStages<Backbone>)
            return backbone_.trains(stage);
        else
            return false;
    }

    /// A step of such a stage: adds the loss to `metrics`, and gradients to those of `ctx`.
    template <class P>
    StepReport stage_step(Context<P>& ctx, const Batch<P>& batch, TrainingStage stage,
                          typename P::Scalar* metrics) const {
        StepReport report;
        report.targets = batch.targets.row.size;
        if constexpr (backbone::HasOwnStages<Backbone>) {
            const auto items = items_.forward(ctx);
            const Rows<P> x = ctx.work.keep(batch.sequence.item.size, width_),
                          dx = ctx.work.keep(batch.sequence.item.size, width_);
            nn::gather<P>(ctx.on, CRows<P>(items.vectors), batch.sequence.item, x);
            backbone_.stage_step(ctx, stage, batch.sequence, batch.targets, CRows<P>(x),
                                 CRows<P>(items.vectors), metrics + StepMetrics::rec, dx, items.gradient);
            if (!items.gradient.empty())
                nn::scatter<P>(ctx.on, CRows<P>(dx), batch.sequence.by_item, items.gradient);
            items_.backward(ctx, items);
        }
        return report;
    }

private:
    /// Both parts belong to one parameter group; item tables have a block of their own.
    static Index open_group(ParameterLayout& layout, const Config& config, Index items) {
        require(items >= 1, "items", "empty catalogue", "at least 1 item", text_of(items));
        check_settings(config.backbone, "backbone");
        check_settings(config.items, "items");
        layout.group("behaviour");
        return config.backbone.width();
    }

    Index width_;
    Items items_;
    Backbone backbone_;
};

}  // namespace coco
