// SPDX-License-Identifier: Apache-2.0
// expect: this type lacks `using Role = coco::role::Optimizer;`
#include <coco/host/host.hpp>
#include <coco/train/adamw.hpp>

struct Mine {};

constexpr bool checked = coco::explain_optimizer<Mine, coco::Host>();
