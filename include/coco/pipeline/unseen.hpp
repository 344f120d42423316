// SPDX-License-Identifier: Apache-2.0
/// \file
/// Settings of the stage in which knowledge learns from targets that behaviour has not fitted.
#pragma once

#include <coco/core/setting_list.hpp>
#include <coco/core/settings.hpp>
#include <coco/nn/temperature.hpp>

namespace coco {

/// A model has a stage "knowledge" only where it is on.
struct UnseenConfig {
    bool on = false;
    /// Divides scores in the loss, at first; it is learned. Behaviour is too sure of targets it has not
    /// fitted: by a factor of about two on Amazon's Beauty.
    double temperature = 2;

    static auto settings(auto& c, auto&& visit) {
        return visit(setting("on", c.on), setting("temperature", c.temperature, above(0, 1e6)));
    }

    /// Claimed in a layout where the stage is on.
    nn::Temperature temperature_in(ParameterLayout& layout) const {
        check_settings(*this, "unseen");
        if (!on) return {};
        return nn::Temperature(layout, "sharpness", temperature, ParameterBlock::dense);
    }
};

}  // namespace coco
