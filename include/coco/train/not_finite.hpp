// SPDX-License-Identifier: Apache-2.0
/// \file
/// The error of a training run whose numbers are no longer finite.
#pragma once

#include <cstddef>
#include <string>

#include <coco/core/error.hpp>
#include <coco/sampling/stage.hpp>
#include <coco/store/parameter_layout.hpp>
#include <coco/train/clip.hpp>

namespace coco {

/// \throws Error naming epoch, step and parameter group where something was found  \param epoch  from 1
[[gnu::cold]] inline void require_nothing_found(const NotFinite& found, const ParameterLayout& layout,
                                                TrainingStage stage, Index epoch) {
    if (found.step == 0) return;
    const std::string where = text_of("training, ", stage.name(), " epoch ", epoch, ", step ", found.step);
    if (found.what == NotFinite::gradient)
        throw Error(where,
                    text_of("the gradient of parameter group ",
                            layout.groups()[static_cast<std::size_t>(found.group)].name, " is not finite"));
    if (found.what == NotFinite::norm)
        throw Error(where, "the gradients of all parameter groups together are too large for a finite norm");
    throw Error(where, "the loss is not finite, with finite gradients of every parameter group");
}

}  // namespace coco
