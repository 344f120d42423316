// SPDX-License-Identifier: Apache-2.0
/// \file
/// The CoCo model (arXiv 2510.14257). The forward pass follows the paper's figure: behaviour, prompts,
/// language model, decoupler, aligner. The backward pass is its reverse, with one exception: a target whose
/// knowledge already moves the prediction nearer to it (M = 1) sends no gradient into the language model.
#pragma once

#include <coco/adapter/concept.hpp>
#include <coco/aligner/concept.hpp>
#include <coco/backbone/concept.hpp>
#include <coco/core/error.hpp>
#include <coco/decoupler/concept.hpp>
#include <coco/fwd.hpp>
#include <coco/items/concept.hpp>
#include <coco/llm/concept.hpp>
#include <coco/loss/bce.hpp>
#include <coco/loss/cross_entropy.hpp>
#include <coco/loss/info_nce.hpp>
#include <coco/loss/objective.hpp>
#include <coco/loss/weights.hpp>
#include <coco/pipeline/begin_joint.hpp>
#include <coco/pipeline/behaviour.hpp>
#include <coco/pipeline/concept.hpp>
#include <coco/pipeline/correction.hpp>
#include <coco/pipeline/extracted_knowledge.hpp>
#include <coco/pipeline/fusion.hpp>
#include <coco/pipeline/gate.hpp>
#include <coco/pipeline/measure_rows.hpp>
#include <coco/pipeline/scorer.hpp>
#include <coco/pipeline/step.hpp>
#include <coco/pipeline/trained_model.hpp>
#include <coco/pipeline/unseen.hpp>
#include <coco/prompt/concept.hpp>
#include <coco/sampling/samplers.hpp>

namespace coco {

/// The statically dispatched pipeline with one part per role. Users write it as `Pipeline<Parts...>`.
template <class Backbone, class Items, class Prompt, class Model, class Decoupler, class Aligner,
          class Adapter, class ObjectiveList>
class BasicPipeline {
    static_assert(explain_backbone<Backbone>() && explain_items<Items>() &&
                  explain_prompt_codebook<Prompt>() && explain_language_model<Model>() &&
                  explain_decoupler<Decoupler>() && explain_aligner<Aligner>() && explain_adapter<Adapter>());

public:
    using Role = role::Model;
    static constexpr bool uses_knowledge = true;
    using Samplers = typename sampling::SamplersOf<Backbone>::type;
    /// Whether knowledge goes into semantic columns of the items, beside what the history says.
    static constexpr bool may_have_channel = items::HasSemanticColumns<Items>;
    using Fusion = std::conditional_t<may_have_channel, SemanticFusion<Aligner>, BehaviourFusion<Aligner>>;

    struct Config {
        typename Behaviour<Backbone, Items>::Config behaviour;
        typename Prompt::Config prompt;
        typename Decoupler::Config decoupler;
        typename Aligner::Config aligner;
        typename Adapter::Config adapter;
        LossWeights loss{ObjectiveList::default_name};
        typename ObjectiveList::Config objectives;
        ChannelConfig channel;  ///< of items with semantic columns; always on
        UnseenConfig unseen;    ///< of the stage "knowledge"
    };

    template <class P>
    using KnowledgeForward = ExtractedKnowledge<P, Prompt, Model, Decoupler>;

    /// Products of d columns, or of d + r with knowledge in semantic columns.
    template <class P>
    using Scoring = ProductScorer<P>;

    /// \param source  of the language model's pretrained weights (argument of `Model`'s constructor)
    template <class Source>
    [[gnu::cold, gnu::noinline]] BasicPipeline(const Config& config, Index items, const Source& source,
                                               std::span<const Id> instruction)
        : config_(config),
          items_(items),
          instruction_(instruction.begin(), instruction.end()),
          behaviour_((check(config), layout_), config.behaviour, items),
          model_(layout_, source),
          prompt_((layout_.group("knowledge"), layout_), config.prompt, behaviour_.width(), model_.width()),
          decoupler_(layout_, config.decoupler, knowledge_width(), model_.width()),
          temperature_(config.unseen.temperature_in(layout_)),
          fusion_(layout_, config.aligner, config.channel, behaviour_.width(), columns(),
                  items::have_popularity(behaviour_.items())),
          adapter_group_(Adapter::learns ? static_cast<int>(layout_.groups().size()) : -1),
          adapter_(layout_, config.adapter, model_.adapter_sizes()),
          objectives_(config.loss.objective, config.objectives) {}
    BasicPipeline(const BasicPipeline&) = delete;
    BasicPipeline& operator=(const BasicPipeline&) = delete;

    const ParameterLayout& layout() const { return layout_; }
    const Config& config() const { return config_; }
    Index items() const { return items_; }
    Index window() const { return config_.behaviour.backbone.window; }
    const ObjectiveList& objectives() const { return objectives_; }
    static constexpr bool items_by_row = items::by_row<Items>;  ///< of the gradient of the item table
    bool sees_later_items() const { return behaviour_.sees_later_items(); }
    bool masks_items() const { return behaviour_.masks_items(); }
    Index width() const { return behaviour_.width(); }
    Index knowledge_width() const { return Fusion::knowledge_width(width(), columns()); }
    static constexpr bool has_channel() { return may_have_channel; }
    const Channel& channel() const requires may_have_channel { return fusion_.channel(); }
    const Prompt& prompt() const { return prompt_; }
    const Model& model() const { return model_; }
    const Decoupler& decoupler() const { return decoupler_; }
    std::span<const Id> instruction() const { return instruction_; }

    /// One training step: of behaviour, of all parts (`joint`), or of knowledge beside a behaviour that is
    /// fixed and computed as in evaluation (`knowledge`), on targets that it should not have fitted. Adds the
    /// terms of the loss and the diagnostics to `metrics` (StepMetrics::entries numbers), and gradients to
    /// those of `ctx`. A joint step waits for two small downloads: the selected codes and the open groups.
    template <class P>
    StepReport step(Context<P>& ctx, const Batch<P>& batch, TrainingStage stage,
                    typename P::Scalar* metrics) const {
        if (behaviour_.trains(stage)) return behaviour_.stage_step(ctx, batch, stage, metrics);
        StepReport report;
        report.targets = batch.targets.row.size;
        if (stage == TrainingStage::knowledge) {
            require(config_.unseen.on, "stage knowledge", "the model was not made for it", "unseen.on");
            Context<P> fixed = ctx.inputs_only();
            fixed.training = false;
            joint(ctx, batch, behaviour_.forward(fixed, batch), Rows<P>{}, metrics, report);
            return report;
        }
        const auto behaviour = behaviour_.forward(ctx, batch);
        const Rows<P> dh = ctx.work.keep(behaviour.h.rows, behaviour.h.cols);
        if (stage == TrainingStage::joint)
            joint(ctx, batch, behaviour, dh, metrics, report);
        else
            objectives_.step(ctx, CRows<P>(behaviour.h), behaviour.items.vectors, batch.targets, 1,
                             metrics + StepMetrics::rec, dh, behaviour.items.gradient);
        behaviour_.backward(ctx, batch, behaviour, CRows<P>(dh));
        return report;
    }

    /// Before an epoch of a stage, counted from 0: prompts are initialised in the first, and what is
    /// standardised is measured; again in each one where the language model learns.
    template <class P>
    void begin_epoch(const TrainedModel<BasicPipeline, P>& trained, TrainingStage stage,
                     const data::Interactions& train, std::uint64_t seed, Index epoch) const {
        if (!stage.uses_knowledge()) return;
        if (epoch == 0) initialise_prompts(trained, train, seed);
        if (epoch == 0 || Adapter::learns) measure_rows(trained, train);
    }

    /// The knowledge of each group: rows of `decoupler.out`, one segment of `decoupler.of_group` per group.
    template <class P>
    KnowledgeForward<P> extract_knowledge(Context<P>& ctx, const Batch<P>& batch) const {
        return extract_knowledge(ctx, batch, behaviour_.forward(ctx, batch).h_all);
    }

    /// What rankings need of all items.
    template <class P>
    struct ItemVectors {
        typename Items::template Saved<P> items;
        CRows<P> ranked;  ///< for rankings with knowledge
    };
    template <class P>
    ItemVectors<P> item_vectors(Context<P>& ctx) const {
        ItemVectors<P> vectors{behaviour_.items().forward(ctx), {}};
        vectors.ranked = fusion_.ranked(ctx, vectors.items);
        return vectors;
    }

    /// The vectors for ranking without knowledge: behaviour only.
    template <class P>
    Scoring<P> score(Context<P>& ctx, const Batch<P>& batch) const {
        const auto behaviour = behaviour_.forward(ctx, batch);
        return {behaviour.h, behaviour.items.vectors};
    }
    template <class P>
    Scoring<P> score(Context<P>& ctx, const Batch<P>& batch, const ItemVectors<P>& vectors) const {
        return {behaviour_.forward(ctx, batch, vectors.items).h, vectors.items.vectors};
    }

    /// The vectors for ranking with the knowledge rows of each query segment (a segment may be empty).
    template <class P>
    Scoring<P> score(Context<P>& ctx, const Batch<P>& batch, CRows<P> pure,
                     const Segments<P>& pure_of) const {
        return score(ctx, batch, item_vectors(ctx), pure, pure_of);
    }
    template <class P>
    Scoring<P> score(Context<P>& ctx, const Batch<P>& batch, const ItemVectors<P>& vectors, CRows<P> pure,
                     const Segments<P>& pure_of) const {
        return fused(ctx, batch, behaviour_.forward(ctx, batch, vectors.items), vectors, pure, pure_of);
    }
    /// As `score` with the knowledge that `extract_knowledge` gives, in one pass of the backbone.
    template <class P>
    Scoring<P> score_by_own_knowledge(Context<P>& ctx, const Batch<P>& batch,
                                      const ItemVectors<P>& vectors) const {
        const auto behaviour = behaviour_.forward(ctx, batch, vectors.items);
        const auto pure = extract_knowledge(ctx, batch, behaviour.h_all).decoupler;
        return fused(ctx, batch, behaviour, vectors, CRows<P>(pure.out), pure.of_group);
    }
    /// The vectors for ranking by behaviour and the channel, as if every segment had knowledge that says
    /// nothing: what the joint stage starts from.
    template <class P>
    Scoring<P> channel_score(Context<P>& ctx, const Batch<P>& batch,
                             const ItemVectors<P>& vectors) const requires may_have_channel {
        const auto behaviour = behaviour_.forward(ctx, batch, vectors.items);
        return {channel().queries(ctx, CRows<P>(behaviour.h),
                                  CRows<P>(channel().users(ctx, batch, items::read_columns(vectors.items)))),
                vectors.ranked};
    }

private:
    template <class P, class Saved>
    Scoring<P> fused(Context<P>& ctx, const Batch<P>& batch, const Saved& behaviour,
                     const ItemVectors<P>& vectors, CRows<P> pure, const Segments<P>& pure_of) const {
        if (pure.rows == 0) return {behaviour.h, behaviour.items.vectors};
        const auto rows =
            fusion_.forward(ctx, batch, CRows<P>(behaviour.h), vectors.items, vectors.ranked, pure, pure_of);
        return {rows.out, rows.vectors};
    }

    static void check(const Config& config) {
        check_settings(config.prompt, "prompt");
        check_settings(config.decoupler, "decoupler");
        check_settings(config.aligner, "aligner");
        check_settings(config.adapter, "adapter");
        check_settings(config.loss, "loss");
    }

    template <class P>
    KnowledgeForward<P> extract_knowledge(Context<P>& ctx, const Batch<P>& batch, CRows<P> h_all) const {
        return extracted_knowledge(ctx, batch, h_all, prompt_, model_, decoupler_, adapter_,
                                   std::span<const Id>(instruction_));
    }

    /// \param dh  empty: behaviour is fixed, and what its loss alone would train is left out
    template <class P, class Saved>
    void joint(Context<P>& ctx, const Batch<P>& batch, const Saved& behaviour, Rows<P> dh,
               typename P::Scalar* metrics, StepReport& report) const {
        const CRows<P> h = behaviour.h, vectors = behaviour.items.vectors;
        const KnowledgeForward<P> knowledge = extract_knowledge(ctx, batch, behaviour.h_all);
        const Rows<P> pure = knowledge.decoupler.out;
        const Segments<P> pure_of = by_segment(ctx, batch, knowledge.decoupler.of_group);
        const auto fused = fusion_.forward(ctx, batch, h, behaviour.items,
                                           fusion_.ranked(ctx, behaviour.items), CRows<P>(pure), pure_of);
        const CRows<P> a = fused.out;

        const Rows<P> da = ctx.work.keep(a.rows, a.cols), daux = ctx.work.keep(h.rows, h.cols);
        const bool fixed = dh.empty(), aux = config_.loss.alpha > 0 && !fixed;
        const CRows<P> rows = fixed ? CRows<P>(temperature_.forward(ctx, a)) : a;
        objectives_.step(ctx, rows, fused.vectors, batch.targets, 1, metrics + StepMetrics::rec, da,
                         fused.dvectors);
        if (fixed) temperature_.backward(ctx, rows, CRows<P>(da), da);
        fusion_.backward_vectors(ctx, fused, behaviour.items);
        // With semantic columns, the first columns of a are h.
        const bool on_aligned = config_.loss.auxiliary_on == AuxiliaryOn::aligned && !may_have_channel;
        if (aux) {
            loss::info_nce<P>(ctx, on_aligned ? a : h, vectors, batch.targets, config_.loss.temperature,
                              config_.loss.alpha, metrics + StepMetrics::aux, daux, behaviour.items.gradient);
            if (on_aligned) nn::copy<P>(ctx.on, CRows<P>(daux), da, Write::add);
        }
        prompt_.penalty(ctx, knowledge.prompt, config_.loss.gamma, config_.loss.beta,
                        metrics + StepMetrics::quantization);

        // Aligner and decoupler are trained on every row; so are the prompts in their role as queries.
        const Rows<P> prompts = knowledge.prompt.out;
        const Rows<P> dpure = ctx.work.keep(pure.rows, pure.cols),
                      dprompts = ctx.work.keep(prompts.rows, prompts.cols);
        fusion_.backward(ctx, fused, CRows<P>(da), dh, dpure);
        decoupler_.backward(ctx, knowledge.decoupler, CRows<P>(dpure), dprompts, Rows<P>{});
        if (aux && !on_aligned) nn::copy<P>(ctx.on, CRows<P>(daux), dh, Write::add);

        // The second pass computes input gradients only; only rows with M = 0 reach the language model.
        const Gate<P> gate =
            contradictions<P>(ctx, fused.base, a, fused.vectors, batch.targets, pure_of, metrics);
        const std::span<const std::uint8_t> open = open_groups(ctx, batch, gate);
        report.groups = batch.groups();
        for (const std::uint8_t o : open) report.open_groups += o;
        report.idle_group = Adapter::learns && report.open_groups > 0 ? -1 : adapter_group_;
        if (report.open_groups > 0)
            correct(ctx, fusion_, decoupler_, model_, adapter_, fused, knowledge, gate, open, CRows<P>(da),
                    dprompts);
        prompt_.backward(ctx, knowledge.prompt, CRows<P>(dprompts));
        report_prompts(prompt_, knowledge.prompt, report);
    }

    Index columns() const { return items::semantic_columns(behaviour_.items()); }

    Config config_;
    ParameterLayout layout_;
    Index items_;
    std::vector<Id> instruction_;
    Behaviour<Backbone, Items> behaviour_;
    Model model_;
    Prompt prompt_;
    Decoupler decoupler_;
    nn::Temperature temperature_;  ///< of scores in the stage "knowledge"
    Fusion fusion_;
    int adapter_group_;  ///< that the adapter opens
    Adapter adapter_;
    ObjectiveList objectives_;
};

}  // namespace coco
