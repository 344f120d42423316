// SPDX-License-Identifier: Apache-2.0
// expect: not an Objective: it lacks `using Role = coco::role::Objective;`
#include <coco/loss/bce.hpp>

struct Mine {};

constexpr bool checked = coco::explain_objective<Mine>();
