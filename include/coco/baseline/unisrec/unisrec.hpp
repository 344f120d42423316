// SPDX-License-Identifier: Apache-2.0
/// \file
/// UniSRec (Hou et al., KDD 2022): item vectors made of texts by a mixture-of-experts adaptor, read by
/// SASRec's encoder and ranked by cosines; pre-trained by contrasts in a batch, fine-tuned by a softmax over
/// the catalogue. docs/baselines/unisrec.md.
#pragma once

#include <numeric>
#include <span>

#include <coco/backbone/sasrec.hpp>
#include <coco/baseline/unisrec/batch_contrast.hpp>
#include <coco/baseline/unisrec/contrast_samples.hpp>
#include <coco/baseline/unisrec/text_items.hpp>
#include <coco/core/setting_list.hpp>
#include <coco/loss/cosine_cross_entropy.hpp>
#include <coco/nn/normalize.hpp>
#include <coco/pipeline/batch.hpp>
#include <coco/pipeline/concept.hpp>
#include <coco/pipeline/scorer.hpp>
#include <coco/pipeline/step.hpp>
#include <coco/sampling/samplers.hpp>

namespace coco::baseline {

namespace unisrec {

/// out[place] = x_s for the places of each segment s: the inverse of a gather whose distinct rows are packed.
template <class T>
struct SpreadRows {
    const T* x;
    const Id* offsets;
    const Id* place;
    T* out;
    Index cols;

    template <class Row>
    COCO_HD void operator()(Index s, const Row& row) const {
        const T* const from = x + s * cols;
        for (Id k = offsets[s]; k < offsets[s + 1]; ++k) {
            T* const to = out + place[k] * cols;
            row.each(cols, [&](Index j) { to[j] = from[j]; });
        }
    }
};

}  // namespace unisrec

/// In stage "pretraining" a batch of `unisrec::ContrastSamples` is expected; all others are fine-tuning. Its
/// parameter groups are "adaptor", "encoder" and, where it is transductive, "table".
class UniSRec {
public:
    using Role = role::Model;
    static constexpr bool uses_knowledge = false;
    static constexpr bool sees_later_items = false;
    using Samplers = DefaultSamplersWith<unisrec::ContrastSamples>;

    /// Items and backbone, as pipelines have them.
    struct Behaviour {
        backbone::SASRec::Config backbone{{.width = 300, .hidden = 256}};
        unisrec::TextItems::Config items;

        static auto settings(auto& c, auto&& visit) {
            return visit(setting("backbone", c.backbone), setting("items", c.items));
        }
    };
    struct Config {
        Behaviour behaviour;
        double temperature = 0.07;      ///< by which all cosines are divided in losses
        double sequence_weight = 1e-3;  ///< of the contrast of views, beside that of items

        static auto settings(auto& c, auto&& visit) {
            return visit(setting("behaviour", c.behaviour),
                         setting("temperature", c.temperature, above(0, 1000)),
                         setting("sequence_weight", c.sequence_weight, between(0, 1e6)));
        }
    };

    /// Products of rows of length 1: cosines.
    template <class P>
    using Scoring = ProductScorer<P>;

    /// \throws Error naming the setting that is out of range, or where no text vectors are given
    [[gnu::cold, gnu::noinline]] UniSRec(const Config& config, Index items)
        : config_(checked(config, items)),
          items_(group("adaptor"), config.behaviour.items, items, config.behaviour.backbone.width()),
          backbone_(group("encoder"), config.behaviour.backbone),
          objective_({config.temperature}),
          count_(items) {}
    UniSRec(const UniSRec&) = delete;
    UniSRec& operator=(const UniSRec&) = delete;

    const ParameterLayout& layout() const { return layout_; }
    const Config& config() const { return config_; }
    Index items() const { return count_; }
    Index window() const { return config_.behaviour.backbone.window; }

    /// One training step: adds the loss to metrics[StepMetrics::rec], and gradients to those of `ctx`.
    template <class P>
    StepReport step(Context<P>& ctx, const Batch<P>& batch, TrainingStage stage,
                    typename P::Scalar* metrics) const {
        StepReport report;
        report.targets = batch.targets.row.size;
        if (stage == TrainingStage::pretraining) {
            pretrain(ctx, batch, metrics + StepMetrics::rec);
            return report;
        }
        const auto items = items_.forward(ctx);
        const Rows<P> x = ctx.work.keep(batch.sequence.item.size, width()),
                      dx = ctx.work.keep(x.rows, x.cols);
        nn::gather<P>(ctx.on, items.vectors, batch.sequence.item, x);
        const Encoded<P> rows = encode(ctx, batch, CRows<P>(x));
        const Rows<P> dh = ctx.work.keep(rows.h.rows, rows.h.cols);
        objective_.step(ctx, CRows<P>(rows.h), items.vectors, batch.targets, 1, metrics + StepMetrics::rec,
                        dh, items.gradient);
        backward(ctx, batch, rows, CRows<P>(dh), dx);
        if (!items.gradient.empty())
            nn::scatter<P>(ctx.on, CRows<P>(dx), batch.sequence.by_item, items.gradient);
        items_.backward(ctx, items);
        return report;
    }

    /// What rankings need of all items.
    template <class P>
    struct ItemVectors {
        typename unisrec::TextItems::Saved<P> items;
        CRows<P> ranked;  ///< items x width, rows of length 1
    };
    template <class P>
    ItemVectors<P> item_vectors(Context<P>& ctx) const {
        const auto items = items_.forward(ctx);
        return {items, nn::normalize<P>(ctx, items.vectors).y};
    }

    template <class P>
    Scoring<P> score(Context<P>& ctx, const Batch<P>& batch) const {
        return score(ctx, batch, item_vectors(ctx));
    }
    template <class P>
    Scoring<P> score(Context<P>& ctx, const Batch<P>& batch, const ItemVectors<P>& vectors) const {
        const Rows<P> x = ctx.work.keep(batch.sequence.item.size, width());
        nn::gather<P>(ctx.on, vectors.items.vectors, batch.sequence.item, x);
        return {nn::normalize<P>(ctx, CRows<P>(encode(ctx, batch, CRows<P>(x)).h)).y, vectors.ranked};
    }

private:
    template <class P>
    struct Encoded {
        backbone::SASRec::Saved<P> saved;
        Rows<P> h;  ///< targets x width
    };

    Index width() const { return config_.behaviour.backbone.width(); }
    ParameterLayout& group(const char* name) {
        layout_.group(name);
        return layout_;
    }
    static const Config& checked(const Config& config, Index items) {
        require(items >= 1, "items", "empty catalogue", "at least 1 item", text_of(items));
        check_settings(config, "unisrec");
        return config;
    }

    template <class P>
    Encoded<P> encode(Context<P>& ctx, const Batch<P>& batch, CRows<P> x) const {
        const Encoded<P> rows{backbone_.forward(ctx, batch.sequence, x),
                              ctx.work.keep(batch.targets.row.size, x.cols)};
        nn::gather<P>(ctx.on, rows.saved.h, batch.targets.row, rows.h);
        return rows;
    }
    template <class P>
    void backward(Context<P>& ctx, const Batch<P>& batch, const Encoded<P>& rows, CRows<P> dh,
                  Rows<P> dx) const {
        const typename Workspace<P>::Frame frame(ctx.work);
        const Rows<P> dall = ctx.work.scratch(dx.rows, dx.cols);
        nn::fill<P>(ctx.on, dall, 0);
        nn::scatter<P>(ctx.on, dh, batch.targets.by_row, dall);
        backbone_.backward(ctx, batch.sequence, rows.saved, CRows<P>(dall), dx);
    }

    /// L = L_items + sequence_weight L_views: each prefix is to be nearest to its next item among those of
    /// the batch, and to its view among all views. Only texts that the batch names go through the adaptor.
    template <class P>
    void pretrain(Context<P>& ctx, const Batch<P>& batch, typename P::Scalar* loss) const {
        const Targets<P>& targets = batch.targets;
        const Index prefixes = targets.of_segment.count() == 2 ? targets.of_segment.length(0) : -1;
        require(prefixes >= 0 && 2 * prefixes == targets.row.size && targets.excluded_of.count() == prefixes,
                "stage pretraining", "a batch of another sampler", unisrec::ContrastSamples::name);
        if (prefixes == 0) return;
        const auto first = [&](Rows<P> all) { return all.rows_from(0, prefixes); };
        const auto views = [&](Rows<P> all) { return all.rows_from(prefixes, prefixes); };
        const auto shown = items_.adapt(ctx, batch.sequence.by_item.id),
                   next = items_.adapt(ctx, targets.by_item.id);
        const Rows<P> x = ctx.work.keep(batch.sequence.item.size, width()),
                      positive = ctx.work.keep(targets.row.size, width());
        spread<P>(ctx, shown.out, batch.sequence.by_item, x);
        spread<P>(ctx, next.out, targets.by_item, positive);
        const Encoded<P> rows = encode(ctx, batch, CRows<P>(x));
        const nn::Normalized<P> q = nn::normalize<P>(ctx, CRows<P>(rows.h)),
                                v = nn::normalize<P>(ctx, CRows<P>(positive));

        const typename Workspace<P>::Frame frame(ctx.work);
        const auto zeros = [&](Index count) {
            const Rows<P> d = ctx.work.scratch(count, width());
            nn::fill<P>(ctx.on, d, 0);
            return d;
        };
        const Rows<P> dq = zeros(q.y.rows), dv = zeros(v.y.rows), dshown = zeros(shown.out.rows),
                      dnext = zeros(next.out.rows), dh = ctx.work.scratch(q.y.rows, width()),
                      dpositive = ctx.work.scratch(v.y.rows, width()), dx = ctx.work.scratch(x.rows, width());
        unisrec::batch_contrast<P>(ctx, first(q.y), first(v.y), targets, config_.temperature, 1, loss,
                                   first(dq), first(dv));
        if (config_.sequence_weight > 0)
            unisrec::batch_contrast<P>(ctx, first(q.y), views(q.y), targets, config_.temperature,
                                       config_.sequence_weight, loss, first(dq), views(dq));
        nn::normalize_backward<P>(ctx, q, CRows<P>(dq), dh);
        backward(ctx, batch, rows, CRows<P>(dh), dx);
        collect<P>(ctx, CRows<P>(dx), batch.sequence.by_item, dshown);
        items_.adapt_backward(ctx, shown, CRows<P>(dshown));
        nn::normalize_backward<P>(ctx, v, CRows<P>(dv), dpositive);
        collect<P>(ctx, CRows<P>(dpositive), targets.by_item, dnext);
        items_.adapt_backward(ctx, next, CRows<P>(dnext));
    }

    /// \param packed  a row for each distinct id of the inverse
    template <class P>
    static void spread(Context<P>& ctx, CRows<P> packed, const Inverse<P>& inverse, Rows<P> out) {
        ctx.on.for_each_row(
            packed.rows, 2 * packed.cols,
            unisrec::SpreadRows<typename P::Scalar>{packed.data, inverse.places_of.offsets.data,
                                                    inverse.place.data, out.data, packed.cols});
    }
    /// The gradient of `spread`: packed +=.
    template <class P>
    static void collect(Context<P>& ctx, CRows<P> d, const Inverse<P>& inverse, Rows<P> packed) {
        const std::span<Id> order = ctx.work.numbers(packed.rows);
        std::iota(order.begin(), order.end(), Id{0});
        nn::scatter<P>(
            ctx.on, d,
            {ctx.on.upload(std::span<const Id>(order), ctx.work), inverse.places_of, inverse.place}, packed);
    }

    Config config_;
    ParameterLayout layout_;
    unisrec::TextItems items_;
    backbone::SASRec backbone_;
    loss::CosineCrossEntropy objective_;
    Index count_;
};

}  // namespace coco::baseline

static_assert(coco::Model<coco::baseline::UniSRec>);
