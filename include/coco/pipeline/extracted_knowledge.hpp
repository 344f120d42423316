// SPDX-License-Identifier: Apache-2.0
/// \file
/// The forward pass that extracts knowledge: users' vectors select prompts, the language model reads prompts
/// and texts, the decoupler keeps what is pure.
#pragma once

#include <span>

#include <coco/decoupler/concept.hpp>
#include <coco/nn/embedding.hpp>
#include <coco/pipeline/batch.hpp>
#include <coco/pipeline/step.hpp>
#include <coco/prompt/concept.hpp>

namespace coco {

/// The knowledge of each group, `decoupler.out`, one segment of `decoupler.of_group` per group; and what
/// backward needs.
template <class P, class Prompt, class Llm, class Decoupler>
struct ExtractedKnowledge {
    CRows<P> e;  ///< groups x d: the vectors that select prompts
    typename Prompt::template Saved<P> prompt;
    typename Llm::template Saved<P> model;
    typename Decoupler::template Saved<P> decoupler;
};

/// \param h_all  rows x d: behaviour vectors of the batch
template <class P, class Prompt, class Llm, class Decoupler, class Adapter>
ExtractedKnowledge<P, Prompt, Llm, Decoupler> extracted_knowledge(Context<P>& ctx, const Batch<P>& batch,
                                                                  CRows<P> h_all, const Prompt& prompt,
                                                                  const Llm& llm, const Decoupler& decoupler,
                                                                  const Adapter& adapter,
                                                                  std::span<const Id> instruction) {
    ExtractedKnowledge<P, Prompt, Llm, Decoupler> knowledge;
    const Rows<P> e = ctx.work.keep(batch.groups(), h_all.cols);
    nn::gather<P>(ctx.on, h_all, batch.query_row, e);
    knowledge.e = e;
    knowledge.prompt = prompt.forward(ctx, knowledge.e);
    typename Llm::template Input<P> in;
    in.soft = knowledge.prompt.out;
    in.soft_of = knowledge.prompt.of_group;
    in.token = batch.token;
    in.text_of = batch.text_of;
    in.instruction = ctx.on.upload(instruction, ctx.work);
    in.group = batch.group_key;
    in.soft_last = prompt::behind_text<Prompt>;
    knowledge.model = llm.forward(ctx, adapter, in);
    knowledge.decoupler =
        decoupler::forward(ctx, decoupler, CRows<P>(knowledge.prompt.out), knowledge.prompt.of_group,
                           CRows<P>(knowledge.model.out), knowledge.model.of_group, in.soft_last);
    return knowledge;
}

/// Reports the prompts of a step, and which codes they are where they are selected.
template <class Prompt, class Saved>
void report_prompts(const Prompt& prompt, const Saved& saved, StepReport& report) {
    report.prompts = saved.out.rows;
    if constexpr (Prompt::selects_codes) {
        // Those that all users have count as one.
        report.prompts = saved.selection.of_row.rows() + saved.selection.of_row.count();
        report.codes = saved.selection.code_host;
        for (Index g = 0; g < saved.selection.of_row.count(); ++g)
            report.at_cap += saved.selection.of_row.length(g) == prompt.config().max_codes ? 1 : 0;
    }
}

}  // namespace coco
