// SPDX-License-Identifier: Apache-2.0
// expect: this Optimizer lacks `static constexpr const char. name`
#include <coco/host/host.hpp>
#include <coco/train/adamw.hpp>

struct Mine {
    using Role = coco::role::Optimizer;
};

constexpr bool checked = coco::explain_optimizer<Mine, coco::Host>();
