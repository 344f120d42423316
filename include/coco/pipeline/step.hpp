// SPDX-License-Identifier: Apache-2.0
/// \file
/// Results of a training step: sums in the policy's memory, and counts that are on the host without waiting.
#pragma once

#include <cstdint>
#include <span>

#include <coco/core/types.hpp>
#include <coco/sampling/stage.hpp>

namespace coco {

/// Sums over the steps of an epoch, in the policy's memory: first the weighted terms of the loss, then
/// diagnostics.
struct StepMetrics {
    enum Entry : Index {
        rec,             ///< L_rec
        aux,             ///< alpha L_aux
        quantization,    ///< gamma L_Q
        orthogonality,   ///< beta L_ortho
        moved,           ///< |a - h|^2
        length,          ///< |h|^2
        agreed,          ///< targets with knowledge and M = 1
        with_knowledge,  ///< targets with knowledge
        entries          ///< number of entries
    };
};

/// Counts that a step returns to the host.
struct StepReport {
    Index targets = 0, groups = 0, open_groups = 0, prompts = 0, at_cap = 0;
    int idle_group = -1;  ///< a group of the layout that no gradient reached: its update is skipped entirely
    std::span<const Id> codes;  ///< selected codes, on the host; valid until the workspace is reset
};

}  // namespace coco
