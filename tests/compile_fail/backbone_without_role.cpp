// SPDX-License-Identifier: Apache-2.0
// expect: not a Backbone: it lacks `using Role = coco::role::Backbone;`
#include <coco/backbone/sasrec.hpp>

struct Mine {};

constexpr bool checked = coco::explain_backbone<Mine>();
