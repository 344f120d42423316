// SPDX-License-Identifier: Apache-2.0
/// \file
/// Weights of CoCo's total loss, L = L_rec + alpha L_aux + beta L_ortho + gamma L_Q (arXiv 2510.14257).
#pragma once

#include <coco/loss/objective.hpp>

namespace coco {

/// Which rows L_aux compares with item vectors: the output of the backbone, or that of the aligner.
enum class AuxiliaryOn : bool { behaviour, aligned };

/// Weights of the terms. The defaults are the paper's values.
struct LossWeights {
    ObjectiveKind objective = ObjectiveKind::cross_entropy;
    double alpha = 0.2;   ///< of L_aux
    double beta = 0.15;   ///< of L_ortho
    double gamma = 0.25;  ///< of L_Q
    double temperature = 0.1;
    AuxiliaryOn auxiliary_on = AuxiliaryOn::behaviour;
};

}  // namespace coco
