// SPDX-License-Identifier: Apache-2.0
/// \file
/// What a training step is told and what it tells the host.
#pragma once

#include <cstdint>
#include <span>

#include <coco/core/types.hpp>

namespace coco {

/// Which part of the schedule a step belongs to.
enum class TrainingStage : std::uint8_t { behaviour, joint };

/// What the host knows after a step.
struct StepReport {
    Index targets = 0, groups = 0, open_groups = 0, prompts = 0, at_cap = 0;
    bool adapter_learns = false;  ///< false: the adapter's update is to be skipped whole
    std::span<const Id> codes;    ///< chosen in this step, on the host; valid until the workspace is reset
};

}  // namespace coco
