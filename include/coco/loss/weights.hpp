// SPDX-License-Identifier: Apache-2.0
/// \file
/// Weights of CoCo's total loss, L = L_rec + alpha L_aux + beta L_ortho + gamma L_Q (arXiv 2510.14257).
#pragma once

#include <array>
#include <string>

#include <coco/core/settings.hpp>

namespace coco {

/// Which rows L_aux compares with item vectors: the output of the backbone, or that of the aligner.
enum class AuxiliaryOn : bool { behaviour, aligned };
inline auto names_of(AuxiliaryOn) {
    return std::array{NameOf{AuxiliaryOn::behaviour, "behaviour"}, NameOf{AuxiliaryOn::aligned, "aligned"}};
}

/// Weights of the terms. The defaults are the paper's values.
struct LossWeights {
    std::string objective = "cross_entropy";  ///< one of the model's `Objectives`, by name
    double alpha = 0.2;                       ///< of L_aux
    double beta = 0.15;                       ///< of L_ortho
    double gamma = 0.25;                      ///< of L_Q
    double temperature = 0.1;
    AuxiliaryOn auxiliary_on = AuxiliaryOn::behaviour;

    static auto settings(auto& c, auto&& visit) {
        return visit(setting("objective", c.objective), setting("alpha", c.alpha, between(0, 1e6)),
                     setting("beta", c.beta, between(0, 1e6)), setting("gamma", c.gamma, between(0, 1e6)),
                     setting("temperature", c.temperature, above(0, 1000)),
                     setting("auxiliary_on", c.auxiliary_on));
    }
};

}  // namespace coco
