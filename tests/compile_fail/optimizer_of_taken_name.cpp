// SPDX-License-Identifier: Apache-2.0
// expect: the states of this Optimizer need names that differ, without dots, and neither
#include <coco/host/host.hpp>
#include <coco/train/adamw.hpp>

struct Mine : coco::AdamW<coco::Host> {
    using AdamW::AdamW;
    static constexpr coco::OptimizerState states[1] = {{"best"}};
};

constexpr bool checked = coco::explain_optimizer<Mine, coco::Host>();
