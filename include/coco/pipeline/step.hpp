// SPDX-License-Identifier: Apache-2.0
/// \file
/// What a training step reports: sums in the policy's memory, and counts that the host has without waiting.
#pragma once

#include <cstdint>
#include <span>

#include <coco/core/types.hpp>

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
        entries          ///< how many there are
    };
};

/// What the host is told after a step.
struct StepReport {
    Index targets = 0, groups = 0, open_groups = 0, prompts = 0, at_cap = 0;
    bool adapter_learns = false;  ///< false: the adapter's update is to be skipped whole
    std::span<const Id> codes;    ///< chosen in this step, on the host; valid until the workspace is reset
};

}  // namespace coco
