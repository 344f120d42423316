// SPDX-License-Identifier: Apache-2.0
/// \file
/// The second pass of CoCo's contradiction elimination: where knowledge did not move the prediction nearer to
/// the target (M = 0), its gradient goes on into the language model. Parameters of the parts on the way have
/// learned from every row already, so that only gradients of inputs are computed.
#pragma once

#include <cstdint>
#include <span>

#include <coco/nn/elementwise.hpp>
#include <coco/pipeline/gate.hpp>

namespace coco {

/// Adds to the gradients of the adapter, and of the prompts as the language model reads them.
/// \param fused, knowledge  their forward passes    \param da  of `fused.out`
/// \param dprompts          prompts x D, added to
template <class P, class Fusion, class Decoupler, class Llm, class Adapter, class Fused, class Knowledge>
void correct(Context<P>& ctx, const Fusion& fusion, const Decoupler& decoupler, const Llm& llm,
             const Adapter& adapter, const Fused& fused, const Knowledge& knowledge, const Gate<P>& gate,
             std::span<const std::uint8_t> open, CRows<P> da, Rows<P> dprompts) {
    Context<P> inputs = ctx.inputs_only();
    const CRows<P> pure = knowledge.decoupler.out, mix = knowledge.model.out;
    const Rows<P> dopen = ctx.work.keep(da.rows, da.cols), dpure = ctx.work.keep(pure.rows, pure.cols),
                  dmix = ctx.work.keep(mix.rows, mix.cols),
                  dsoft = ctx.work.keep(dprompts.rows, dprompts.cols);
    mask_gradient<P>(ctx, da, gate, dopen);
    fusion.backward(inputs, fused, CRows<P>(dopen), Rows<P>{}, dpure);
    decoupler.backward(inputs, knowledge.decoupler, CRows<P>(dpure), Rows<P>{}, dmix);
    llm.backward(ctx, adapter, knowledge.model, CRows<P>(dmix), dsoft, open);
    nn::copy<P>(ctx.on, CRows<P>(dsoft), dprompts, Write::add);
}

}  // namespace coco
