// SPDX-License-Identifier: Apache-2.0
// expect: this Optimizer lacks `static constexpr OptimizerState states
#include <coco/host/host.hpp>
#include <coco/train/adamw.hpp>

struct Mine {
    using Role = coco::role::Optimizer;
    static constexpr const char* name = "mine";
    using Config = coco::AdamWConfig;
    Mine(coco::Host&, const coco::ParameterLayout&, const Config&);
    void step(coco::Host&, const coco::OptimizerStep<coco::Host>&);
};

constexpr bool checked = coco::explain_optimizer<Mine, coco::Host>();
