// SPDX-License-Identifier: Apache-2.0
/// \file
/// CoCo's total, L = L_rec + alpha L_aux + beta L_ortho + gamma L_Q, and what a step reports beside it.
#pragma once

#include <coco/loss/objective.hpp>
#include <coco/nn/elementwise.hpp>

namespace coco {

/// Which rows L_aux compares with item vectors.
enum class AuxiliaryOn : bool { behaviour, aligned };

/// Weights of the terms; the paper's values.
struct LossWeights {
    ObjectiveKind objective = ObjectiveKind::cross_entropy;
    double alpha = 0.2;   ///< of L_aux
    double beta = 0.15;   ///< of L_ortho
    double gamma = 0.25;  ///< of L_Q
    double temperature = 0.1;
    AuxiliaryOn auxiliary_on = AuxiliaryOn::behaviour;
};

/// Sums of a stretch of steps, where kernels run. Weighted terms of the loss, then vital signs.
struct StepMetrics {
    enum Entry : Index { rec, aux, quantization, orthogonality, moved, length, agreed, with_knowledge, entries };
};

/// (i, 0) -> |a_i - b_i|^2, or |a_i|^2 where b is null.
template <class T>
struct SquaredDistanceTerm {
    const T* a;
    Index a_stride;
    const T* b;
    Index b_stride, cols;

    COCO_HD T operator()(Index i, Index) const {
        T sum = 0;
        for (Index j = 0; j < cols; ++j) {
            const T d = a[i * a_stride + j] - (b ? b[i * b_stride + j] : T(0));
            sum += d * d;
        }
        return sum;
    }
};

}  // namespace coco
