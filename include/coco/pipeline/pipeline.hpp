// SPDX-License-Identifier: Apache-2.0
/// \file
/// CoCo itself (arXiv 2510.14257). Forward reads like the paper's figure: behaviour, prompts, language model,
/// decoupler, aligner; backward is its mirror, with one turn of its own: a target whose knowledge already
/// brings it nearer (M = 1) sends no gradient into the language model.
#pragma once

#include <coco/adapter/concept.hpp>
#include <coco/aligner/concept.hpp>
#include <coco/backbone/concept.hpp>
#include <coco/core/error.hpp>
#include <coco/decoupler/concept.hpp>
#include <coco/fwd.hpp>
#include <coco/items/concept.hpp>
#include <coco/llm/concept.hpp>
#include <coco/loss/info_nce.hpp>
#include <coco/pipeline/behaviour.hpp>
#include <coco/pipeline/concept.hpp>
#include <coco/pipeline/gate.hpp>
#include <coco/pipeline/step.hpp>
#include <coco/prompt/concept.hpp>

namespace coco {

/// The statically dispatched pipeline of one choice for each role. Users spell it `Pipeline<words...>`.
template <class Backbone, class Items, class Prompt, class Model, class Decoupler, class Aligner,
          class Adapter>
class BasicPipeline {
    static_assert(explain_backbone<Backbone>() && explain_items<Items>() &&
                  explain_prompt_codebook<Prompt>() && explain_language_model<Model>() &&
                  explain_decoupler<Decoupler>() && explain_aligner<Aligner>() && explain_adapter<Adapter>());

public:
    using Role = role::Model;
    static constexpr bool knows = true;

    struct Config {
        typename Behaviour<Backbone, Items>::Config behaviour;
        typename Prompt::Config prompt;
        typename Decoupler::Config decoupler;
        typename Aligner::Config aligner;
        typename Adapter::Config adapter;
        LossWeights loss;
    };

    template <class P>
    struct Known {
        CRows<P> e;  ///< groups x d: what chose the prompts
        typename Prompt::template Kept<P> prompt;
        typename Model::template Kept<P> model;
        typename Decoupler::template Kept<P> decoupler;
    };

    template <class P>
    struct Answer {
        CRows<P> rows;     ///< targets x d
        CRows<P> vectors;  ///< items x d
    };

    /// \param source  of the language model's given weights (what `Model` is made from)
    template <class Source>
    BasicPipeline(const Config& config, Index items, const Source& source, std::span<const Id> instruction)
        : config_(config),
          items_(items),
          instruction_(instruction.begin(), instruction.end()),
          behaviour_(layout_, config.behaviour, items),
          model_(layout_, source),
          prompt_((layout_.group("knowledge"), layout_), config.prompt, behaviour_.width(), model_.width()),
          decoupler_(layout_, config.decoupler, behaviour_.width(), model_.width()),
          aligner_(layout_, config.aligner, behaviour_.width()),
          adapter_(layout_, config.adapter, model_.adapter_sizes()) {}
    BasicPipeline(const BasicPipeline&) = delete;
    BasicPipeline& operator=(const BasicPipeline&) = delete;

    const Layout& layout() const { return layout_; }
    const Config& config() const { return config_; }
    Index items() const { return items_; }
    Index window() const { return config_.behaviour.backbone.window; }
    Index width() const { return behaviour_.width(); }
    const Prompt& prompt() const { return prompt_; }
    const Model& model() const { return model_; }
    std::span<const Id> instruction() const { return instruction_; }

    /// One training step. Adds the terms of the loss and the vital signs to `ledger` (Ledger::entries
    /// numbers), gradients to the run's. A joint step waits for two small read-backs: the codes chosen, the
    /// groups open.
    template <class P>
    StepReport step(Run<P>& run, const Batch<P>& batch, Phase phase, typename P::Scalar* ledger) const {
        const auto seen = behaviour_.forward(run, batch);
        const CRows<P> h = seen.h, vectors = seen.items.vectors;
        const Rows<P> dh = run.work.keep(h.rows, h.cols);
        StepReport report;
        report.targets = h.rows;
        if (phase == Phase::behaviour) {
            loss::objective<P>(config_.loss.objective, run, h, vectors, batch.targets, 1,
                               ledger + Ledger::rec, dh, seen.items.gradient);
        } else {
            joint(run, batch, seen, dh, ledger, report);
        }
        behaviour_.backward(run, batch, seen, CRows<P>(dh));
        return report;
    }

    /// What is known of each group: rows of `decoupler.out`, a stretch of `decoupler.of_group` a group.
    template <class P>
    Known<P> know(Run<P>& run, const Batch<P>& batch) const {
        return know(run, batch, behaviour_.forward(run, batch).h_all);
    }

    /// What targets' rows are ranked by where nothing is known: behaviour alone.
    template <class P>
    Answer<P> answer(Run<P>& run, const Batch<P>& batch) const {
        const auto seen = behaviour_.forward(run, batch);
        return {seen.h, seen.items.vectors};
    }

    /// What targets' rows are ranked by, given what is known of each query segment (which may be nothing).
    template <class P>
    Answer<P> answer(Run<P>& run, const Batch<P>& batch, CRows<P> pure, const Segments<P>& pure_of) const {
        const auto seen = behaviour_.forward(run, batch);
        if (pure.rows == 0) return {seen.h, seen.items.vectors};
        return {aligner_.forward(run, CRows<P>(seen.h), batch.targets.of_segment, pure, pure_of).out,
                seen.items.vectors};
    }

    /// Behaviour vectors of the know rows, groups x d: what codes are compared with.
    template <class P>
    Rows<P> represent(Run<P>& run, const Batch<P>& batch) const {
        const auto seen = behaviour_.forward(run, batch);
        const Rows<P> e = run.work.keep(batch.groups(), width());
        nn::gather<P>(run.on, seen.h_all, batch.know_row, e);
        return e;
    }

private:
    template <class P>
    Known<P> know(Run<P>& run, const Batch<P>& batch, CRows<P> h_all) const {
        Known<P> known;
        const Rows<P> e = run.work.keep(batch.groups(), width());
        nn::gather<P>(run.on, h_all, batch.know_row, e);
        known.e = e;
        known.prompt = prompt_.forward(run, known.e);
        typename Model::template Input<P> in;
        in.soft = known.prompt.out;
        in.soft_of = known.prompt.of_group;
        in.token = batch.token;
        in.text_of = batch.text_of;
        in.instruction = run.on.bring(std::span<const Id>(instruction_), run.work);
        in.group = batch.group_key;
        known.model = model_.forward(run, adapter_, in);
        known.decoupler = decoupler_.forward(run, CRows<P>(known.prompt.out), known.prompt.of_group,
                                             CRows<P>(known.model.out), known.model.of_group);
        return known;
    }

    template <class P, class Seen>
    void joint(Run<P>& run, const Batch<P>& batch, const Seen& seen, Rows<P> dh, typename P::Scalar* ledger,
               StepReport& report) const {
        const CRows<P> h = seen.h, vectors = seen.items.vectors;
        const Rows<P> dvectors = seen.items.gradient;
        const Known<P> known = know(run, batch, seen.h_all);
        const Rows<P> pure = known.decoupler.out;
        const Segments<P> pure_of = by_segment(run, batch, known.decoupler.of_group);
        const auto aligned = aligner_.forward(run, h, batch.targets.of_segment, CRows<P>(pure), pure_of);
        const CRows<P> a = aligned.out;

        const Rows<P> da = run.work.keep(a.rows, a.cols), daux = run.work.keep(a.rows, a.cols);
        loss::objective<P>(config_.loss.objective, run, a, vectors, batch.targets, 1, ledger + Ledger::rec,
                           da, dvectors);
        const bool on_aligned = config_.loss.auxiliary_on == AuxiliaryOn::aligned;
        if (config_.loss.alpha > 0) {
            loss::info_nce<P>(run, on_aligned ? a : h, vectors, batch.targets, batch.self,
                              config_.loss.temperature, config_.loss.alpha, ledger + Ledger::aux, daux,
                              dvectors);
            if (on_aligned) nn::copy<P>(run.on, CRows<P>(daux), da, Write::add);
        }
        prompt_.penalty(run, known.prompt, config_.loss.gamma, config_.loss.beta,
                        ledger + Ledger::quantization);

        // Aligner and decoupler learn from every row; the prompts as queries too.
        const Rows<P> prompts = known.prompt.out;
        const Rows<P> dpure = run.work.keep(pure.rows, pure.cols),
                      dprompts = run.work.keep(prompts.rows, prompts.cols);
        aligner_.backward(run, aligned, CRows<P>(da), dh, dpure);
        decoupler_.backward(run, known.decoupler, CRows<P>(dpure), dprompts, Rows<P>{});
        if (config_.loss.alpha > 0 && !on_aligned) nn::copy<P>(run.on, CRows<P>(daux), dh, Write::add);

        // The second, inputs-only pass: rows with M = 0 alone reach the language model.
        const Gate<P> gate = contradictions<P>(run, h, a, vectors, batch.targets, pure_of, ledger);
        const std::span<const std::uint8_t> open = open_groups(run, batch, gate);
        report.groups = batch.groups();
        for (const std::uint8_t o : open) report.open_groups += o;
        if (report.open_groups > 0) {
            Run<P> inputs = run.inputs_only();
            const Rows<P> dopen = run.work.keep(a.rows, a.cols),
                          dmix = run.work.keep(known.model.out.rows, model_.width());
            const Rows<P> dsoft = run.work.keep(prompts.rows, prompts.cols);
            close_rows<P>(run, CRows<P>(da), gate, dopen);
            aligner_.backward(inputs, aligned, CRows<P>(dopen), Rows<P>{}, dpure);
            decoupler_.backward(inputs, known.decoupler, CRows<P>(dpure), Rows<P>{}, dmix);
            model_.backward(run, adapter_, known.model, CRows<P>(dmix), dsoft, open);
            nn::copy<P>(run.on, CRows<P>(dsoft), dprompts, Write::add);
            report.adapter_learns = Adapter::learns;
        }
        prompt_.backward(run, known.prompt, CRows<P>(dprompts));
        report.prompts = prompts.rows;
        count_codes(known.prompt, report);
    }

    /// What each query segment knows: its group's stretch, or an empty one. Stretches lie one behind the
    /// other, so each group must be named by one segment, in order.
    template <class P>
    Segments<P> by_segment(Run<P>& run, const Batch<P>& batch, const Segments<P>& of_group) const {
        const std::span<Id> offsets =
            run.work.template numbers<Id>(static_cast<Index>(batch.group_of_segment.size()) + 1);
        offsets[0] = 0;
        for (std::size_t s = 0; s < batch.group_of_segment.size(); ++s) {
            const Id g = batch.group_of_segment[s];
            if (g >= 0 && offsets[s] != of_group.begin(g))
                throw Error("batch", "groups are not named once each, in order", {}, text_of("group ", g));
            offsets[s + 1] = static_cast<Id>(offsets[s] + (g < 0 ? 0 : of_group.length(g)));
        }
        return nn::segments(run, std::span<const Id>(offsets));
    }

    template <class Kept>
    void count_codes(const Kept& kept, StepReport& report) const {
        if constexpr (Prompt::chooses) {
            report.codes = kept.choice.code_host;
            for (Index g = 0; g < kept.choice.of_row.count(); ++g)
                report.at_cap += kept.choice.of_row.length(g) == prompt_.config().most ? 1 : 0;
        }
    }

    Config config_;
    Layout layout_;
    Index items_;
    std::vector<Id> instruction_;
    Behaviour<Backbone, Items> behaviour_;
    Model model_;
    Prompt prompt_;
    Decoupler decoupler_;
    Aligner aligner_;
    Adapter adapter_;
};

}  // namespace coco
