// SPDX-License-Identifier: Apache-2.0
/// \file
/// Behaviour alone: item vectors, backbone, the rows that predict. Every pipeline stands on it.
#pragma once

#include <coco/nn/elementwise.hpp>
#include <coco/nn/embedding.hpp>
#include <coco/pipeline/batch.hpp>

namespace coco {

/// Histories in, the targets' behaviour vectors out.
template <class Backbone, class Items>
class Behaviour {
public:
    struct Config {
        typename Backbone::Config backbone;
        typename Items::Config items;
    };

    template <class P>
    struct Kept {
        typename Items::template Kept<P> items;
        Rows<P> x;  ///< rows x d: vectors of the histories' items
        typename Backbone::template Kept<P> backbone;
        CRows<P> h_all;  ///< rows x d
        Rows<P> h;       ///< targets x d
    };

    Behaviour(Layout& layout, const Config& config, Index items)
        : width_(opened(layout, config, items)),
          items_(layout, config.items, items, width_),
          backbone_(layout, config.backbone) {}

    Index width() const { return width_; }
    const Items& items() const { return items_; }

    template <class P>
    Kept<P> forward(Run<P>& run, const Batch<P>& batch) const {
        Kept<P> kept;
        kept.items = items_.forward(run);
        kept.x = run.work.keep(batch.sequence.item.size, width_);
        nn::gather<P>(run.on, CRows<P>(kept.items.vectors), batch.sequence.item, kept.x);
        kept.backbone = backbone_.forward(run, batch.sequence, CRows<P>(kept.x));
        kept.h_all = kept.backbone.h;
        kept.h = run.work.keep(batch.targets.row.size, width_);
        nn::gather<P>(run.on, kept.h_all, batch.targets.row, kept.h);
        return kept;
    }

    /// \param dh  targets x d; item vectors' gradients from elsewhere have been added to
    /// `kept.items.gradient`
    template <class P>
    void backward(Run<P>& run, const Batch<P>& batch, const Kept<P>& kept, CRows<P> dh) const {
        const typename Workspace<P>::Frame frame(run.work);
        const Rows<P> dall = run.work.scratch(kept.h_all.rows, width_),
                      dx = run.work.scratch(kept.x.rows, width_);
        nn::fill<P>(run.on, dall, 0);
        nn::scatter<P>(run.on, dh, batch.targets.by_row, dall);
        backbone_.backward(run, batch.sequence, kept.backbone, CRows<P>(dall), dx);
        if (!kept.items.gradient.empty())
            nn::scatter<P>(run.on, CRows<P>(dx), batch.sequence.by_item, kept.items.gradient);
        items_.backward(run, kept.items);
    }

private:
    /// Both parts lie in one parameter group; item tables in a block of their own.
    static Index opened(Layout& layout, const Config& config, Index items) {
        require(items >= 1, "items", "empty catalogue", "at least 1 item", text_of(items));
        layout.group("behaviour");
        return config.backbone.width();
    }

    Index width_;
    Items items_;
    Backbone backbone_;
};

}  // namespace coco
