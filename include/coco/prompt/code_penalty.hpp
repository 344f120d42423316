// SPDX-License-Identifier: Apache-2.0
/// \file
/// The penalties of a codebook: codes stay near the users who select them, and apart from each other.
#pragma once

#include <coco/loss/orthogonality.hpp>
#include <coco/loss/quantization.hpp>
#include <coco/prompt/select_codes.hpp>

namespace coco::prompt {

/// Adds gamma L_Q to losses[0] and beta L_ortho to losses[1], and their gradients to that of the codes.
/// \param e  groups x d    \param codes  K x d
template <class P>
void code_penalty(Context<P>& ctx, CRows<P> e, const CodeSelection<P>& selection, CRows<P> codes,
                  loss::Orthogonality kind, double gamma, double beta, typename P::Scalar* losses,
                  Rows<P> dcodes) {
    if (gamma > 0) loss::quantization<P>(ctx, e, codes, selection.nearest, gamma, losses, dcodes);
    if (beta > 0) loss::orthogonality<P>(ctx, codes, kind, beta, losses + 1, dcodes);
}

}  // namespace coco::prompt
