// SPDX-License-Identifier: Apache-2.0
/// \file
/// All settings of a training run.
#pragma once

#include <coco/sampling/settings.hpp>
#include <coco/text/history.hpp>
#include <coco/train/adamw.hpp>
#include <coco/train/schedule.hpp>

namespace coco {

/// \tparam Model_  a `Pipeline<...>` or `SequentialRecommender<...>`
/// \tparam OptimizerConfig  the `Config` of the trainer's optimiser
template <class Model_, class OptimizerConfig = AdamWConfig>
struct TrainConfig {
    using Model = Model_;

    typename Model::Config model;
    Sampling sampling;
    Schedule schedule;
    OptimizerConfig optimizer;
    text::HistoryTemplate words;
};

}  // namespace coco
