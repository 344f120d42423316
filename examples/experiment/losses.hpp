// SPDX-License-Identifier: Apache-2.0
/// \file
/// The losses that `experiment` trains with, and their settings.
#pragma once

#include <string>
#include <tuple>
#include <type_traits>

#include <coco/core/settings.hpp>
#include <coco/fwd.hpp>
#include <coco/loss/bce.hpp>
#include <coco/loss/cross_entropy.hpp>
#include <coco/loss/info_nce.hpp>
#include <coco/loss/objective.hpp>
#include <coco/loss/sampled_softmax.hpp>
#include <coco/loss/smoothed_cross_entropy.hpp>

#include "experiment/options.hpp"

namespace experiment {

using Losses = coco::Objectives<coco::loss::CrossEntropy, coco::loss::Bce, coco::loss::SampledSoftmax,
                                coco::loss::InfoNce, coco::loss::SmoothedCrossEntropy>;
template <class... Parts>
using PipelineOf =
    coco::Pipeline<Parts..., coco::loss::CrossEntropy, coco::loss::Bce, coco::loss::SampledSoftmax,
                   coco::loss::InfoNce, coco::loss::SmoothedCrossEntropy>;

/// \param config  of `Losses`, or of a list without settings
template <class Config>
void set_objective(const Options& o, std::string& name, Config& config) {
    using namespace coco::loss;
    name = o.loss == "bce"         ? Bce::name
           : o.loss == "sampled"   ? SampledSoftmax::name
           : o.loss == "info_nce"  ? InfoNce::name
           : o.label_smoothing > 0 ? SmoothedCrossEntropy::name
                                   : CrossEntropy::name;
    if constexpr (std::is_same_v<Config, Losses::Config>) {
        auto& sampled = std::get<2>(config.of);
        sampled.negatives = o.shared_negatives;
        sampled.from = coco::value_named<coco::DrawnFrom>(o.drawn_from, "--drawn-from");
        sampled.log_q = coco::value_named<LogQ>(o.log_q, "--log-q");
        std::get<4>(config.of).epsilon = o.label_smoothing;
        if (o.loss_temperature <= 0) return;
        sampled.temperature = o.loss_temperature;
        std::get<3>(config.of).temperature = o.loss_temperature;
    }
}

}  // namespace experiment
